"""What runs by itself: enrolment, deployments, drift, and what becomes of a decision."""
