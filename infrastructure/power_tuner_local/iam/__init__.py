"""IAM: what a role is allowed to do, checked on every request."""
