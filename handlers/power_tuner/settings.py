"""Environment settings."""
