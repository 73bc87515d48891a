"""What Lambda allows and gives, by its developer guide; a contract test compares this with what the tuner assumes."""

MIN_MEMORY_MB = 128
MAX_MEMORY_MB = 10_240
MAX_TIMEOUT_S = 900
MB_PER_VCPU = 1769
"""At 1,769 MB, a function has the equivalent of one vCPU, and its share grows in proportion to its memory."""
