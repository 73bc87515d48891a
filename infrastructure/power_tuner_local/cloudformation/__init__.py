"""CloudFormation and SAM: from templates to stacks."""
