"""Why executors were lost, from the driver's log. Pure."""

import re
from dataclasses import dataclass

from emberlake.api.v1alpha1.common import Category, Failure
from emberlake.core.pods import cut
from emberlake.sparkjob.failure.logtail import relevant, until_record

_LOST = re.compile(r"Lost executor (?P<id>\S+) on [^\s:]+: ?(?P<why>.*)")
_LOST_TASK = re.compile(r"ExecutorLostFailure \(executor (?P<id>\S+) exited [^)]*\)(?: Reason:(?P<why>.*))?")
_TOO_MANY = re.compile(r"Max number of executor failures \((?P<limit>\d+)\) reached")
_MEMORY = re.compile(
    r"exit(?:ed with)? code:? (?:137|52)\b|code 137\b|OOMKilled|JVM OOM|possible container OOM"
    r"|Container killed"
)
_PLATFORM = re.compile(
    r"was deleted by a user or the framework|not found in the cluster|heartbeat timed out|decommission"
    r"|Evicted|Preempt|NodeLost|Shutdown|worker lost",
    re.IGNORECASE,
)
_DETAIL = re.compile(r"(?:brief reason|following message|termination reason): (?!N/A)(?P<text>.+)")
_OUT_OF_MEMORY = (
    "raise executor.memoryOverhead (Python and native memory) or executor.memory, or use more and smaller"
    " partitions"
)
_NEVER_JOINED = (
    "none of them reached the driver, so its log does not tell why: read an executor's log while it runs, or"
    " keep their pods with spark.kubernetes.executor.deleteOnTermination=false in sparkConf"
)
_HEAP = re.compile(r"Lost task .* executor (?P<id>\d+)\): java\.lang\.OutOfMemoryError")
_REFUSED = re.compile(r"Failure executing: POST at: \S+/pods\. Message: (?P<why>.*?)\. Received status")
_QUOTA = "exceeded quota"


@dataclass(frozen=True)
class Loss:
    """The loss of one executor."""

    executor: str
    why: str

    @property
    def category(self) -> Category:
        """Whose fault it was, as far as its reason says."""
        if _MEMORY.search(self.why):
            return "OutOfMemory"
        return "Infrastructure" if _PLATFORM.search(self.why) else "User"

    def __str__(self) -> str:
        return f"executor {self.executor}: {self.why}"


def last_loss(lines: list[str]) -> Loss | None:
    """The last executor that a log reports as lost, None when it reports none."""
    for index in range(len(lines) - 1, -1, -1):
        if match := _LOST.search(lines[index]) or _LOST_TASK.search(lines[index]):
            return Loss(match["id"], _reason([match["why"] or "", *until_record(lines[index + 1 :])]))
    return None


def too_many(lines: list[str]) -> Failure | None:
    """The failure of a driver that gave up because its executors kept failing."""
    match = next((found for line in reversed(lines) if (found := _TOO_MANY.search(line))), None)
    if match is None:
        return None
    loss = last_loss(lines)
    last = f"the last one, {loss}" if loss else _NEVER_JOINED
    message = f"more than {match['limit']} executors failed (spark.executor.maxNumFailures); {last}"
    category = loss.category if loss else "User"
    return Failure(category=category, reason="ExecutorsFailed", message=_with_mend(message, category))


def lost_executor(text: str) -> Failure | None:
    """The failure of a job whose tasks went down with their executors, from the text of its exception."""
    match = _LOST_TASK.search(text)
    if match is None:
        return None
    told = text[match.start("why") :] if match["why"] is not None else ""
    loss = Loss(match["id"], _reason(told.splitlines()))
    category = loss.category
    reason = "ExecutorOutOfMemory" if category == "OutOfMemory" else "ExecutorsLost"
    message = f"tasks failed again and again because their executors were lost; the last one, {loss}"
    return Failure(category=category, reason=reason, message=_with_mend(message, category))


def heap(lines: list[str]) -> Failure | None:
    """The failure of tasks on an executor whose JVM is out of heap: Spark then refuses it further tasks."""
    match = next((found for line in reversed(lines) if (found := _HEAP.search(line))), None)
    if match is None:
        return None
    text = (
        f"the JVM of executor {match['id']} ran out of heap: raise executor.memory, or use more and smaller"
    )
    return Failure(category="OutOfMemory", reason="ExecutorHeap", message=f"{text} partitions")


def no_executors(log_tail: str) -> Failure | None:
    """Why a driver that runs gets no executors, from its log; None when the log does not tell.

    Spark asks for them for ever where the API server refuses their pods: a quota, a policy, missing rights.
    """
    match = next((found for line in reversed(relevant(log_tail)) if (found := _REFUSED.search(line))), None)
    if match is None:
        return None
    if _QUOTA in match["why"]:
        text = f"the namespace's quota has no room for the executors: {match['why']}"
        return Failure(category="Quota", reason="QuotaExceeded", message=cut(text))
    text = f"the API server refuses the executors' pods: {match['why']}"
    return Failure(category="User", reason="ExecutorsRefused", message=cut(text))


def _reason(lines: list[str]) -> str:
    """One line of what Spark tells about an executor's end, which may have several."""
    first = next((line.strip(" .\t") for line in lines if line.strip()), "no reason is known")
    details = [found["text"].strip() for line in lines if (found := _DETAIL.search(line))]
    return " (".join([first, ", ".join(dict.fromkeys(details)) + ")"]) if details else first


def _with_mend(message: str, category: Category) -> str:
    return f"{message}: {_OUT_OF_MEMORY}" if category == "OutOfMemory" else message
