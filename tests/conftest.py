"""What all tiers share."""

from hypothesis import settings

# No deadline: how long a step takes depends on what else the machine does. The same examples at each run:
# a search for new ones is a run of its own, `pytest --hypothesis-profile=explore`.
settings.register_profile("emberlake", deadline=None, derandomize=True, database=None)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("emberlake")
