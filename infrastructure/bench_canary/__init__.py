"""Play canaries on measured workloads: how often a good version is taken back, how soon a bad one is found."""
