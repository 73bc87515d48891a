"""IAM: checks on every request what the caller's role may do."""
