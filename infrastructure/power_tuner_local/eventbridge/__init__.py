"""EventBridge: rules, their targets, and schedules."""
