"""What all tiers share."""

from hypothesis import settings

# No deadline: how long a step takes depends on what else the machine does.
settings.register_profile("emberlake", deadline=None)
settings.load_profile("emberlake")
