"""Choose the adapters: the composition root."""
