"""How many walks there are, and which."""

import os

from hypothesis import HealthCheck, Phase, settings

_SAMPLE = 30
# Without a number of their own, walks are the same ones at each run.
_COMMON = settings(
    derandomize="WALKS" not in os.environ,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


def effort(share: float = 1.0) -> settings:
    """Try so many: WALKS of the environment, or a small sample, times `share`.

    At least two: the first is always the plainest there is.
    """
    return settings(_COMMON, max_examples=max(2, round(int(os.environ.get("WALKS", _SAMPLE)) * share)))
