"""Step Functions: moto's interpreter, patched to behave as AWS's does."""
