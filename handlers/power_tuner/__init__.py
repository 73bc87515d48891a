"""Lambda Power Tuner: what runs in AWS."""
