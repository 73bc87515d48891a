"""The steps of a run: one module per state of the machine, over ports."""
