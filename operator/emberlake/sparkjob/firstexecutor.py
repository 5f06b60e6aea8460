"""Whether a job asks for executors, and why none runs. Pure."""

from collections.abc import Mapping

from emberlake.core.model import Decision, Manifest
from emberlake.core.pods import image_failure, pending_reason
from emberlake.sparkjob.failure import no_executors

# They take some seconds everywhere, so nothing is said about it before.
_WORD_SECONDS = 60.0
_FIRST_LOOK_SECONDS, _LAST_LOOK_SECONDS = 5.0, 30.0
PENDING = "ExecutorsPending"
# Where it begins with "local", Spark runs all tasks in the driver and makes no executor.
LOCAL_MASTER = "spark.kubernetes.driver.master"


def selector(application_id: str) -> str:
    """Label selector of an application's executor pods; the labels are Spark's own."""
    return f"spark-app-selector={application_id},spark-role=executor"


def asked_for(conf: Mapping[str, str]) -> bool:
    """Whether this effective configuration starts with executors.

    The rule is Spark's, from `SchedulerBackendUtils.getInitialTargetExecutorNumber`.
    """
    if conf.get(LOCAL_MASTER, "").startswith("local"):
        return False
    instances = _number(conf, "spark.executor.instances")
    if conf.get("spark.dynamicAllocation.enabled", "false").lower() != "true":
        return instances > 0
    minimum = _number(conf, "spark.dynamicAllocation.minExecutors")
    return max(instances, minimum, _number(conf, "spark.dynamicAllocation.initialExecutors")) > 0


def _number(conf: Mapping[str, str], key: str) -> int:
    """A number of executors; what is none makes Spark fail, and needs no executor."""
    text = conf.get(key, "0").strip()
    return int(text) if text.isdecimal() else 0


def look_again_seconds(running_seconds: float) -> float:
    """When to look for a first executor again: soon at first, then every half minute."""
    return min(_LAST_LOOK_SECONDS, max(_FIRST_LOOK_SECONDS, running_seconds))


def is_worth_a_look(running_seconds: float) -> bool:
    """Whether an executor can run already so soon after its driver."""
    return running_seconds >= _FIRST_LOOK_SECONDS


def is_worth_a_word(running_seconds: float) -> bool:
    """Whether an executor should run by now, so that people want to know why none does."""
    return running_seconds >= _WORD_SECONDS


def is_running(executor: Manifest | None) -> bool:
    """Whether this executor pod runs."""
    return executor is not None and executor.get("status", {}).get("phase") == "Running"


def waits_for(executor: Manifest | None, log_tail: str) -> Decision:
    """Why no executor runs.

    Args:
        executor: one executor pod that does not run, None when there is none at all.
        log_tail: end of the driver's log, where there is none at all.
    """
    if executor is None:
        refused = no_executors(log_tail)
        untold = "no executor pod was made; the driver's log says why"
        return Decision(PENDING, refused.message if refused else untold)
    failure, phase = image_failure(executor), executor.get("status", {}).get("phase", "Pending")
    told = Decision(failure.reason, failure.message) if failure else pending_reason(executor)
    why = f"{told.reason}: {told.message}" if told else f"it is {phase}"
    return Decision(PENDING, f"executor pod {executor['metadata']['name']}: {why}")
