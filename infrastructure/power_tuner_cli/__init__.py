"""The power-tuner command."""
