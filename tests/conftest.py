"""Shared by all tests: hypothesis profiles."""

import os

from hypothesis import HealthCheck, settings

# A shared, busy machine makes single examples slow; the suite as a whole is bounded by its timeout.
settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", settings.get_profile("suite"), derandomize=False)
settings.load_profile("search" if os.environ.get("VENUE_HYPOTHESIS") == "search" else "suite")
