"""The life of a SparkJob as a state machine: whatever people, kubelets, API server and crashes do to it."""

from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from emberlake.api.v1alpha1.sparkstatus import SparkJobStatus
from emberlake.core.api import ApiError
from emberlake.core.objects import ref_of, timestamp
from emberlake.sparkjob.deadlines import next_change
from emberlake.sparkjob.drivers import is_ending
from unit.sparkjob.fixtures import LACKING, ended, report
from unit.sparkjob.world import GRACE, CrashError, World

FINAL = {"Succeeded", "Failed", "Cancelled"}
BEGINS = {"Pending", "Starting", "Suspended"} | FINAL - {"Succeeded"}
WAITS = {"Pending", "Starting", "Suspended"} | FINAL
AFTER: dict[str | None, set[str]] = {
    None: BEGINS,
    "Pending": WAITS | {"Retrying"},
    "Starting": WAITS | {"Running", "Retrying"},
    "Running": FINAL | {"Running", "Retrying", "Suspended"},
    "Retrying": WAITS | {"Retrying"},
    "Suspended": WAITS | {"Retrying"},
    **{state: BEGINS | {state} for state in FINAL},
}
QUOTA = ApiError(403, "Forbidden", "pods is forbidden: exceeded quota: small, used: cpu=1")
INVALID = ApiError(422, "Invalid", "spec.containers[0].image: Required value")
NO_ACCOUNT = ApiError(403, "Forbidden", 'error looking up service account demo/x: "x" not found')
PULL = {
    "name": "d",
    "image": "nowhere/x:1",
    "state": {"waiting": {"reason": "ErrImagePull", "message": "no"}},
}
# How a driver's pod looks when it failed, and the category that follows.
FAILURES: tuple[dict[str, Any], ...] = (
    {"containerStatuses": [ended(1)]},
    {"containerStatuses": [{**ended(137), "lastState": {}}], "reason": "OOMKilled"},
    {"reason": "Evicted", "message": "The node was low on resource: memory."},
    {"containerStatuses": []},
    {"containerStatuses": [ended(3, message=report(0, LACKING))]},
    {},
)
PROGRESS: tuple[dict[str, Any], ...] = (
    {"phase": "Running"},
    {"phase": "Succeeded"},
    {"containerStatuses": [PULL]},
)
RETRIES: tuple[dict[str, Any], ...] = (
    {},
    {"limit": 2, "categories": ["User", "OutOfMemory", "Timeout", "Validation", "Quota", "Image"]},
    {"perHour": 3, "categories": ["User", "Timeout"], "backoff": "1m", "maxBackoff": "5m"},
)
TIMEOUTS: tuple[dict[str, Any], ...] = ({}, {"run": "2h"}, {"pending": "1h", "run": "30d"})


class Life(RuleBasedStateMachine):
    """Rules are what happens; the operator reconciles in between, once or until it rests."""

    def __init__(self) -> None:
        super().__init__()
        self.told = 0
        self.before: dict[str, Any] = {}

    @initialize(
        retry=st.sampled_from(RETRIES),
        timeouts=st.sampled_from(TIMEOUTS),
        instances=st.sampled_from([0, 2]),
        engine=st.sampled_from(["Spark", "Sail", "Auto"]),
        evicts=st.booleans(),
    )
    def begin(
        self, retry: dict[str, Any], timeouts: dict[str, Any], instances: int, engine: str, evicts: bool
    ) -> None:
        self.evicts = evicts
        self.world = World.with_job(
            engine=engine, retry=retry, timeouts=timeouts, executor={"instances": instances}
        )

    # The operator

    @rule()
    def reconciles(self) -> None:
        self.world.reconcile()

    @rule()
    def rests(self) -> None:
        self.wait = self.world.settle()
        writes = len(self.world.server.writes)
        self.world.reconcile()
        assert len(self.world.server.writes) == writes
        if self.world.state not in ("Starting", "Running"):
            assert all(map(is_ending, self.world.live))
        self._leaves_by_itself(self.wait)

    @rule(writes=st.integers(0, 3))
    def crashes(self, writes: int) -> None:
        self.world.server.crash_after = writes
        try:
            self.world.settle()
        except CrashError:
            self.world.restart()
        finally:
            self.world.server.crash_after = None

    @rule(kinds=st.sampled_from([("Pod",), ("SparkJob",), ("Pod", "SparkJob", "Catalog")]))
    def watch_brings(self, kinds: tuple[str, ...]) -> None:
        self.world.watch(*kinds)

    @rule()
    def another_replica_leads(self) -> None:
        self.world.restart()

    # People

    @rule(suspend=st.booleans())
    def suspends(self, suspend: bool) -> None:
        self.world.change(suspend=suspend)

    @rule(number=st.integers(1, 3))
    def cancels(self, number: int) -> None:
        self.world.annotate("cancel-requested-at", f"c{number}")

    @rule(number=st.integers(1, 3))
    def asks_for_a_run(self, number: int) -> None:
        self.world.annotate("requested-at", f"r{number}" * 40)

    @rule(argument=st.sampled_from("ab"), rerun=st.sampled_from(["Request", "Change"]))
    def changes_the_spec(self, argument: str, rerun: str) -> None:
        self.world.change(arguments=[argument], rerunOn=rerun)

    @rule(ready=st.sampled_from(["True", "False", None]))
    def changes_the_catalog(self, ready: str | None) -> None:
        self.world.catalog(ready)

    @rule(refusal=st.sampled_from([None, None, QUOTA, INVALID, NO_ACCOUNT]))
    def changes_what_is_allowed(self, refusal: ApiError | None) -> None:
        self.world.server.refuses = refusal

    @precondition(lambda self: self.world.drivers)
    @rule()
    def deletes_the_pod(self) -> None:
        self.world.server.remove(ref_of(self.world.drivers[-1]))

    # Kubelets and nodes

    @precondition(lambda self: self.world.live)
    @rule(status=st.sampled_from(PROGRESS))
    def pod_goes_on(self, status: dict[str, Any]) -> None:
        self.world.pod(self.world.live[-1], **status)

    @precondition(lambda self: self.world.live)
    @rule(status=st.sampled_from(FAILURES))
    def pod_fails(self, status: dict[str, Any]) -> None:
        self.world.pod(self.world.live[-1], phase="Failed", **status)

    @precondition(lambda self: self.world.live)
    @rule(reason=st.sampled_from(["DeletionByTaintManager", "EvictionByEvictionAPI"]))
    def node_is_lost(self, reason: str) -> None:
        pod = self.world.live[-1]
        pod["metadata"]["deletionTimestamp"] = timestamp(self.world.server.now + GRACE)
        self.world.pod(pod, conditions=[{"type": "DisruptionTarget", "status": "True", "reason": reason}])

    @precondition(lambda self: any(map(is_ending, self.world.live)))
    @rule()
    def pod_is_gone_at_last(self) -> None:
        self.world.server.drop(ref_of(next(pod for pod in self.world.live if is_ending(pod))))

    @precondition(lambda self: self.world.state == "Running")
    @rule(phase=st.sampled_from(["Pending", "Running", "Failed"]))
    def executor_comes(self, phase: str) -> None:
        self.world.executor(phase)

    @rule(seconds=st.sampled_from([1, 20, 90, 1000, 4000, 90_000]))
    def time_passes(self, seconds: int) -> None:
        self.world.pass_time(seconds)

    # What holds

    @invariant()
    def never_two_live_drivers(self) -> None:
        if hasattr(self, "world"):
            assert len(self.world.live) <= 1

    @invariant()
    def each_status_follows_from_the_one_before(self) -> None:
        if not hasattr(self, "world"):
            return
        for status in self.world.server.statuses[self.told :]:
            self._follows(status)
            self.before = status
        self.told = len(self.world.server.statuses)

    def _follows(self, status: dict[str, Any]) -> None:
        before = self.before
        assert status["state"] in AFTER[before.get("state")], (before.get("state"), status["state"])
        known = SparkJobStatus.model_validate(status)
        assert set(status) <= {field.alias for field in SparkJobStatus.model_fields.values()}
        conditions = {condition.type: condition.status for condition in known.conditions}
        assert not ("Reconciling" in conditions and "Stalled" in conditions)
        again = status["run"] - before.get("run", 0)
        assert again in (0, 1)
        if again:
            assert before.get("run", 0) == 0 or before["finishedAt"]
        elif "finishedAt" in before:
            assert (status["finishedAt"], status["state"]) == (before["finishedAt"], before["state"])
        number = status.get("attempt", {}).get("number", 0)
        last = 0 if again else before.get("attempt", {}).get("number", 0)
        assert number - last in (0, 1)

    def _leaves_by_itself(self, wait: float | None) -> None:
        """A state that is not final tells when it is looked at again: it has a limit."""
        status = self.world.status
        if self.world.gone or status["state"] in (*FINAL, "Suspended"):
            return
        moment = next_change(self.world.observed())
        assert moment is None or moment > self.world.server.now
        spec = self.world.job["spec"]
        if status["state"] == "Running" and "run" not in spec["timeouts"]:
            return
        assert wait, status

    def teardown(self) -> None:
        """With nobody but the clock, and perhaps a node that evicts whatever comes, every job ends.

        Or it is suspended, or it simply runs.
        """
        if not hasattr(self, "world"):
            return
        for _ in range(400):
            wait = self.world.settle()
            self.never_two_live_drivers()
            self.each_status_follows_from_the_one_before()
            self._leaves_by_itself(wait)
            if self.world.state in (*FINAL, "Suspended") or wait is None:
                break
            if self.evicts and self.world.live and not is_ending(self.world.live[0]):
                self.world.pod(self.world.live[0], phase="Failed", reason="Evicted")
            self.world.pass_time(max(wait, 600))
        # A job with a budget per hour is one without end: its retries always go on.
        if "perHour" not in self.world.job["spec"]["retry"]:
            assert self.world.state in (*FINAL, "Suspended") or (
                self.world.state == "Running" and wait is None
            )
        self.world.loop.close()


Life.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestLife = Life.TestCase
