"""The local AWS: this template, real handlers and real targets on one machine."""
