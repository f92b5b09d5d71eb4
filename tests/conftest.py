"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# Deadlines measure the machine (other test processes, a cold start), not critparse; benchmarks do that.
settings.register_profile("critparse", deadline=None)
settings.load_profile("critparse")
