"""Projects of SAM, CDK and others on this machine: which functions they have, and the stack of each."""
