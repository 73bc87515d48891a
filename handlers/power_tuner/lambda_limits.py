"""What AWS Lambda allows and gives.

Sources: AWS Lambda Developer Guide, "Configure Lambda function memory" and "Lambda quotas", read in November 2026.
Lambda's API model allows more (32,768 MB), for kinds of functions that cannot be tuned this way.
"""

MIN_MEMORY_MB = 128
MAX_MEMORY_MB = 10_240
# Lambda takes every whole number of MB. Steps of 64 were its own until December 2020, and are the peer's for "ALL".
MEMORY_STEP_MB = 64
ALL_MEMORIES_MB = tuple(range(MIN_MEMORY_MB, MAX_MEMORY_MB + 1, MEMORY_STEP_MB))

# CPU grows in proportion to memory: this much memory comes with one vCPU.
MB_PER_VCPU = 1769
# What the largest memory size comes with, in whole vCPUs.
MAX_VCPUS = -(-MAX_MEMORY_MB // MB_PER_VCPU)

MAX_TIMEOUT_S = 900
# Of functions on managed instances, invoked asynchronously or by an event source; a synchronous call ends after 900 s.
MAX_TIMEOUT_OF_MANAGED_S = 5400
# What a synchronous invocation takes.
MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
# Calls of the control plane, all functions of an account and Region together ("remainder of the control plane APIs").
CONTROL_PLANE_CALLS_PER_S = 15
