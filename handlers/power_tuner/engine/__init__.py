"""The decision engine: what to invoke next, or which power value to take and how sure that is."""
