from hypothesis import HealthCheck, settings

# The same cases each time, so that a red run is red again; more of them on demand (--hypothesis-profile=search).
settings.register_profile(
    "steady", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", deadline=None, max_examples=5000)
settings.load_profile("steady")
