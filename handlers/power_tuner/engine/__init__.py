"""The decision engine: what to invoke next, or which memory size to take and how sure that is."""
