"""What Lambda allows and gives, by its developer guide; a contract test compares this with what the tuner assumes."""

MIN_MEMORY_MB = 128
MAX_MEMORY_MB = 10_240
MAX_TIMEOUT_S = 900
MAX_TIMEOUT_OF_MANAGED_S = 5400
"""Of a function on managed instances; invoked synchronously it ends after 900 s all the same."""
MB_PER_VCPU = 1769
"""At 1,769 MB, a function has the equivalent of one vCPU, and its share grows in proportion to its memory."""
