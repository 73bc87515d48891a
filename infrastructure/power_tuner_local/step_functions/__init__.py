"""Step Functions: moto's interpreter, made to behave as AWS's does."""
