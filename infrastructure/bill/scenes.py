"""The runs that are recorded."""

MEMORIES_MB = (128, 256, 512, 1024, 1536, 3008)
NUM = 10
