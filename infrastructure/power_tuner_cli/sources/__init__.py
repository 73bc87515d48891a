"""Files that declare functions: where the memory size of each stands, and how it is changed there."""
