"""CloudFormation and SAM: templates become stacks."""
