"""A run with engine Auto as a state machine: whatever happens, nothing is written by both engines."""

from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from emberlake.core.objects import ref_of
from unit.sparkjob.fixtures import LACKING, ended, report
from unit.sparkjob.world import CrashError, World

# What a spec may ask for that only Spark has.
DEPS: tuple[dict[str, Any], ...] = ({}, {"jars": ["s3://lake/a.jar"]})
RETRY = {"limit": 3, "categories": ["User", "OutOfMemory"], "backoff": "1s"}


class Run(RuleBasedStateMachine):
    """The operator comes to rest after whatever happens, or dies on the way there."""

    def __init__(self) -> None:
        super().__init__()
        self.told = 0
        # Runs that wrote on Sail, and the drivers that did; and runs that have had a driver with Spark.
        self.written: set[int] = set()
        self.writers: set[str] = set()
        self.sparked: set[int] = set()

    @initialize(deps=st.sampled_from(DEPS))
    def begin(self, deps: dict[str, Any]) -> None:
        self.world = World.with_job(engine="Auto", retry=RETRY, deps=deps)
        self._goes_on()

    @rule(writes=st.booleans(), lacking=st.booleans())
    def application_ends(self, writes: bool, lacking: bool) -> None:
        if writes:
            self.application_writes()
        if (pod := self._live()) is not None:
            # Not those of an earlier attempt: a script may take another way each time.
            commits = int(pod["metadata"]["name"] in self.writers)
            message = report(commits, LACKING if lacking else None)
            container = ended(3 if lacking else 1, message=message)
            self.world.pod(pod, phase="Failed", containerStatuses=[container])
        self._goes_on()

    @rule()
    def application_writes(self) -> None:
        """Also before anybody saw it run, and when it is told to go."""
        pod = self._live()
        if pod is not None and self.world.status.get("engine") == "Sail":
            self.written.add(self.world.status["run"])
            self.writers.add(pod["metadata"]["name"])

    @rule(told=st.booleans())
    def application_is_killed(self, told: bool) -> None:
        """For memory; what it had told by then is before its next write."""
        if (pod := self._live()) is not None:
            commits = int(pod["metadata"]["name"] in self.writers)
            container = ended(137, message=report(commits) if told else "")
            self.world.pod(pod, phase="Failed", containerStatuses=[container])
        self._goes_on()

    @rule(killed=st.booleans(), gone=st.booleans())
    def pod_is_deleted(self, killed: bool, gone: bool) -> None:
        if (pod := self._live()) is not None and killed:
            self.world.pod(pod, phase="Failed", containerStatuses=[ended(137)])
        elif pod is not None:
            self.world.server.remove(ref_of(pod))
        if gone and (pod := self._live()) is not None:
            self.world.server.drop(ref_of(pod))
        self._goes_on()

    @rule(suspend=st.booleans(), deps=st.sampled_from(DEPS))
    def changes(self, suspend: bool, deps: dict[str, Any]) -> None:
        self.world.change(suspend=suspend, deps=deps)
        self._goes_on()

    @rule(writes=st.integers(0, 3))
    def operator_dies(self, writes: int) -> None:
        self.world.server.crash_after = writes
        try:
            self._goes_on()
        except CrashError:
            self.world.restart()
        finally:
            self.world.server.crash_after = None

    @precondition(lambda self: self.world.status.get("finishedAt"))
    @rule()
    def runs_again(self) -> None:
        self.world.annotate("requested-at", f"r{self.world.status['run']}")
        self._goes_on()

    def _live(self) -> dict[str, Any] | None:
        return self.world.live[-1] if self.world.live else None

    def _goes_on(self) -> None:
        """The operator does what it can, and later what waits for its time."""
        if self.world.settle() and self.world.state == "Retrying":
            self.world.pass_time(60)
            self.world.settle()
        for status in self.world.server.statuses[self.told :]:
            self._holds(status)
        self.told = len(self.world.server.statuses)

    def _holds(self, status: dict[str, Any]) -> None:
        engine, run = status.get("engine"), status["run"]
        if engine == "Spark":
            assert run not in self.written
            assert "handedOver" in status
            self.sparked.add(run)
        if engine == "Sail":
            assert run not in self.sparked
        if status["reason"] == "UnsupportedAfterWrite":
            assert status["state"] == "Failed"
            assert "sailWrites" in status or run in self.written


Run.TestCase.settings = settings(
    max_examples=100,
    stateful_step_count=15,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestRun = Run.TestCase
