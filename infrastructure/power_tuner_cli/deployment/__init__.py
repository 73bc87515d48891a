"""Deploys the tuner to an account from what travels with the command: no clone, no SAM CLI, no Docker."""
