"""What users of other operators complain of, and more, played through in the small world."""

from typing import Any

import pytest

from emberlake.core.api import ApiError
from emberlake.core.model import Ref
from emberlake.core.objects import ref_of, timestamp
from emberlake.sparkjob.retention import SIDECAR_GRACE
from unit.sparkjob.fixtures import NOW, ended, later
from unit.sparkjob.world import GRACE, JOB, CrashError, World

POD = Ref("Pod", "demo", "etl-1-1-driver")
QUOTA = ApiError(403, "Forbidden", "pods is forbidden: exceeded quota: small, used: cpu=4")
KILLED = {**ended(137), "state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}


def started(**spec: Any) -> World:
    world = World.with_job(**spec)
    world.settle()
    return world


def running(**spec: Any) -> World:
    world = started(**spec)
    world.pod(world.live[0], phase="Running")
    world.settle()
    assert world.state == "Running"
    return world


def disrupted(world: World, reason: str) -> None:
    """As the taint manager or a drain leaves the pod, which its kubelet may never end."""
    pod = world.live[-1]
    pod["metadata"]["deletionTimestamp"] = timestamp(world.server.now + GRACE)
    world.pod(pod, conditions=[{"type": "DisruptionTarget", "status": "True", "reason": reason}])


def names(world: World) -> list[str]:
    return [pod["metadata"]["name"] for pod in world.drivers]


@pytest.mark.parametrize("lag", [False, True], ids=["watch-is-up-to-date", "watch-lags"])
@pytest.mark.parametrize("writes", range(4))
def test_row_2_a_crash_between_two_writes_costs_nothing(writes: int, lag: bool) -> None:
    """A restart between submission and status: "driver pod already exists", and the job failed."""
    world = World.with_job()
    world.server.crash_after = writes
    try:
        world.reconcile()
        world.reconcile()
    except CrashError:
        pass
    world.server.crash_after = None
    if not lag:
        world.watch()
    world.restart()
    world.settle()
    assert (world.state, names(world), world.config_maps) == (
        "Starting",
        ["etl-1-1-driver"],
        ["etl-1-1-conf"],
    )
    assert world.server.writes.count("create Pod") == 1


@pytest.mark.parametrize(("phase", "state"), [("Running", "Running"), ("Succeeded", "Succeeded")])
def test_row_3_a_driver_that_the_cache_does_not_hold_is_looked_up(phase: str, state: str) -> None:
    """A driver that was finished or not cached yet was "not found", and the job failed."""
    world = running()
    world.pod(world.live[0], phase=phase)
    world.seen.pop(POD)
    world.restart()
    world.reconcile()
    assert world.state == state


def test_row_4_a_driver_without_memory_is_tried_again_as_often_as_asked() -> None:
    """Retries did not happen: stuck in FAILING, never after OOMKilled. The timer stands in the status."""
    world = running(retry={"limit": 2})
    for number in (1, 2):
        world.pod(world.live[0], phase="Failed", containerStatuses=[KILLED])
        wait = world.settle()
        assert world.state == "Retrying"
        assert world.status["retries"]["at"] == timestamp(world.server.now + (later(seconds=wait or 0) - NOW))
        world.restart()
        world.pass_time(wait or 0)
        world.settle()
        assert (world.state, world.status["attempt"]["number"]) == ("Starting", number + 1)
        world.pod(world.live[0], phase="Running")
        world.settle()
    world.pod(world.live[0], phase="Failed", containerStatuses=[KILLED])
    world.settle()
    assert (world.state, world.status["failure"]["category"]) == ("Failed", "OutOfMemory")
    assert world.status["failure"]["message"].endswith("(3 attempts: retry.limit 2 is used up)")
    assert [past["number"] for past in world.status["pastAttempts"]] == [1, 2]


def test_row_5_a_driver_on_a_lost_node_is_tried_again_and_never_runs_twice() -> None:
    """Node down: the driver was not respawned. A pod on a node that is cut off may go on running."""
    world = running(timeouts={"pending": "2h"})
    disrupted(world, "DeletionByTaintManager")
    wait = world.settle()
    assert (world.state, world.status["reason"]) == ("Retrying", "NodeLost")
    world.pass_time(wait or 0)
    world.settle()
    assert (world.state, world.status["reason"]) == ("Pending", "PreviousDriverEnding")
    assert "if its node node-1 is off for good, delete the pod with --force" in world.status["message"]
    world.server.drop(POD)
    world.settle()
    assert (world.state, names(world)) == ("Starting", ["etl-1-2-driver"])
    assert "counted" not in world.status["retries"]


def test_row_5_a_node_that_never_comes_back_ends_the_wait() -> None:
    world = running(timeouts={"pending": "2h"})
    disrupted(world, "DeletionByTaintManager")
    for _ in range(3):
        world.pass_time(world.settle() or 0)
    world.settle()
    assert (world.state, world.status["reason"]) == ("Failed", "PendingTimeout")
    assert "etl-1-1-driver has not ended yet" in world.status["failure"]["message"]


@pytest.mark.parametrize("statuses", [{}, {"containerStatuses": []}, {"containerStatuses": None}])
@pytest.mark.parametrize(("phase", "state"), [("Succeeded", "Succeeded"), ("Failed", "Retrying")])
def test_row_6_a_pod_that_ended_needs_no_container_statuses(
    phase: str, state: str, statuses: dict[str, Any]
) -> None:
    """Stuck in DriverRequested when the pod is terminal and lists no containers."""
    world = started()
    world.pod(world.live[0], phase=phase, **statuses)
    world.settle()
    assert world.state == state


def test_row_22_executors_that_failed_do_not_make_a_job_fail() -> None:
    """Executors were shown FAILED although the job succeeded: the driver alone decides."""
    world = running()
    world.executor("Failed")
    world.pass_time(90)
    world.settle()
    world.pod(world.live[0], phase="Succeeded", containerStatuses=[ended(0)])
    world.settle()
    assert world.state == "Succeeded"
    assert "failure" not in world.status


def test_row_24_a_drain_does_not_cost_the_job_a_retry() -> None:
    """A driver was evicted by a drain. (The budget that a drain waits for: see the builders' tests.)"""
    world = running()
    disrupted(world, "EvictionByEvictionAPI")
    wait = world.settle()
    assert [past["category"] for past in world.status["pastAttempts"]] == ["Evicted"]
    world.server.drop(POD)
    world.pass_time(wait or 0)
    world.settle()
    assert (world.state, world.status["attempt"]["number"]) == ("Starting", 2)


@pytest.mark.parametrize("retry", [{}, {"limit": 3, "categories": ["User", "OutOfMemory"]}, {"perHour": 2}])
def test_row_25_executors_that_crash_again_and_again_do_not_run_for_ever(retry: dict[str, Any]) -> None:
    """Spark ends the driver after spark.executor.maxNumFailures, with exit code 11: no retry without end."""
    world = running(retry=retry)
    for _ in range(30):
        if world.state == "Failed":
            break
        world.pod(world.live[0], phase="Failed", containerStatuses=[ended(11)])
        world.pass_time(world.settle() or 0)
        world.settle()
    assert world.state == "Failed"
    assert world.status["attempt"]["number"] <= 4


def test_row_28_a_change_meets_the_next_attempt_and_never_the_one_under_way() -> None:
    """What an update of the spec does was a surprise."""
    world = started(catalogs=["lake"], arguments=["a"])
    world.change(arguments=["b"])
    assert world.job["spec"]["arguments"] == ["a"]
    world.change(suspend=True)
    world.settle()
    world.change(arguments=["b"], suspend=False)
    world.settle()
    assert [pod["spec"]["containers"][0]["args"][-1] for pod in world.drivers] == ["b"]
    assert names(world) == ["etl-1-2-driver"]


def test_a_change_while_nothing_runs_is_what_runs() -> None:
    """Also when it comes between the refusal of a pod and its next try: nothing of the old spec is left."""
    world = World.with_job(arguments=["a"])
    world.server.refuses = QUOTA
    world.settle()
    world.change(arguments=["b"])
    world.server.refuses = None
    world.settle()
    (pod,) = world.drivers
    assert pod["spec"]["containers"][0]["args"][-1] == "b"
    conf = world.server.objects[Ref("ConfigMap", "demo", "etl-1-1-conf")]
    assert conf["metadata"]["uid"] > pod["metadata"]["uid"]


def test_what_a_job_costs_the_api_server() -> None:
    """ConfigMap, Pod, and the status as it starts, runs and ends; one more when a first executor runs."""
    world = running()
    world.executor("Running")
    world.pass_time(5)
    world.settle()
    world.pod(world.live[0], phase="Succeeded")
    world.settle()
    made = ["create ConfigMap", "create Pod"]
    assert world.server.writes == ["status", *made, "status", "status", "status"]
    assert world.status["attempt"]["executorsAt"]


def test_whoever_leads_with_an_old_view_touches_nothing() -> None:
    """The new leader knows the pod of run 2 and takes run 1 for the last one: its driver is no stray."""
    world = running()
    world.pod(world.live[0], phase="Succeeded")
    world.settle()
    old = world.seen[JOB]
    world.annotate("requested-at", "r2")
    world.settle()
    world.seen[JOB] = old
    world.restart()
    world.reconcile()
    assert [pod["metadata"]["name"] for pod in world.live] == ["etl-2-1-driver"]
    assert "deletionTimestamp" not in world.live[0]["metadata"]
    world.settle()
    assert (world.state, world.status["run"]) == ("Starting", 2)


def test_a_driver_that_is_only_known_to_run_keeps_its_pod_once_it_ended() -> None:
    """The watch of jobs was ahead of that of pods: the driver of a finished run was taken for a stray."""
    world = running()
    driver = ref_of(world.live[0])
    old = world.seen[driver]
    world.pod(world.live[0], phase="Succeeded")
    world.settle()
    world.seen[driver] = old
    world.restart()
    world.settle()
    assert [ref_of(pod) for pod in world.drivers] == [driver]
    assert world.state == "Succeeded"


def test_a_driver_that_was_taken_for_lost_and_ended_well_is_not_run_again() -> None:
    world = running()
    disrupted(world, "EvictionByEvictionAPI")
    world.settle()
    world.pod(world.drivers[0], phase="Succeeded")
    world.settle()
    assert world.state == "Succeeded"


def test_a_driver_that_ends_well_while_it_is_suspended_runs_again() -> None:
    """It may have ended because it was told to."""
    world = running()
    world.change(suspend=True)
    world.settle()
    world.pod(world.drivers[0], phase="Succeeded")
    world.change(suspend=False)
    world.settle()
    assert (world.state, world.status["attempt"]["number"]) == ("Starting", 2)


def test_a_sidecar_that_outlives_the_driver_is_stopped_after_a_while() -> None:
    world = running()
    world.pod(world.live[0], containerStatuses=[ended(0), {"name": "proxy", "state": {"running": {}}}])
    world.settle()
    assert world.state == "Succeeded"
    assert "deletionTimestamp" not in world.drivers[0]["metadata"]
    world.pass_time(SIDECAR_GRACE.total_seconds())
    world.settle()
    assert "deletionTimestamp" in world.drivers[0]["metadata"]


def test_a_sidecar_that_outlives_the_driver_does_not_hold_up_the_next_attempt() -> None:
    world = running(retry={"limit": 1, "categories": ["User"]})
    world.pod(world.live[0], containerStatuses=[ended(1), {"name": "proxy", "state": {"running": {}}}])
    world.pass_time(world.settle() or 0)
    world.settle()
    assert (world.state, world.status["attempt"]["number"]) == ("Starting", 2)


@pytest.mark.parametrize("state", ["Pending", "Retrying", "Suspended", "Starting", "Running"])
def test_cancel_ends_a_run_in_every_state(state: str) -> None:
    world = World.with_job()
    if state == "Pending":
        world.catalog(None)
    world.settle()
    if state in ("Running", "Retrying"):
        world.pod(world.live[0], phase="Running")
        world.settle()
    if state == "Retrying":
        world.pod(world.live[0], phase="Failed", reason="Evicted")
    if state == "Suspended":
        world.change(suspend=True)
    world.settle()
    assert world.state == state
    world.annotate("cancel-requested-at", "c1")
    world.settle()
    assert world.state == "Cancelled"
    assert all("deletionTimestamp" in pod["metadata"] for pod in world.live)
    world.annotate("requested-at", "again")
    world.settle()
    assert (world.status["run"], world.state) != (1, "Cancelled")


def test_a_request_during_a_run_is_kept_and_one_before_it_is_met() -> None:
    world = World.with_job()
    world.catalog(None)
    world.settle()
    world.annotate("requested-at", "early")
    world.settle()
    world.catalog("True")
    world.settle()
    world.annotate("requested-at", "late")
    world.settle()
    assert (world.status["run"], world.status["lastHandledRequest"]) == (1, "early")
    world.pod(world.live[0], phase="Succeeded")
    world.settle()
    assert (world.status["run"], world.status["lastHandledRequest"]) == (2, "late")


def test_a_request_between_two_attempts_is_kept_too() -> None:
    world = running()
    world.pod(world.live[0], phase="Failed", reason="Evicted")
    wait = world.settle()
    world.annotate("requested-at", "r2")
    world.pass_time(wait or 0)
    world.settle()
    assert world.status["attempt"]["number"] == 2
    world.pod(world.live[0], phase="Succeeded")
    world.settle()
    assert (world.status["run"], world.state) == (2, "Starting")


def test_every_state_tells_of_the_spec_as_it_is() -> None:
    """kstatus takes an object for outdated as long as observedGeneration is."""
    world = started()
    for state in ("Starting", "Running", "Retrying", "Pending", "Suspended"):
        if state == "Running":
            world.pod(world.live[0], phase="Running")
        if state == "Retrying":
            disrupted(world, "EvictionByEvictionAPI")
        if state == "Pending":
            world.pass_time(10)
        if state == "Suspended":
            world.change(suspend=True)
        world.settle()
        world.change(retention={"succeeded": f"{len(state)}h"})
        world.settle()
        assert world.state == state
        assert world.status["observedGeneration"] == world.job["metadata"]["generation"]


def test_an_annotation_of_any_length_is_handled_once() -> None:
    """The status takes 64 characters: a longer value was refused with every write."""
    world = started()
    world.pod(world.live[0], phase="Succeeded")
    world.annotate("requested-at", "please " * 1000)
    world.settle()
    assert world.status["run"] == 2
    world.pod(world.live[0], phase="Succeeded")
    world.settle()
    assert (world.status["run"], world.state) == (2, "Succeeded")


def test_a_run_that_ended_without_a_driver_does_not_run_again_for_the_same_change() -> None:
    """With rerunOn: Change, and a change that cannot run: it started over and over."""
    world = started(rerunOn="Change")
    world.pod(world.live[0], phase="Succeeded")
    world.settle()
    world.change(release="ember-9")
    world.settle()
    assert (world.status["run"], world.state, world.status["reason"]) == (2, "Failed", "ReleaseNotFound")
    world.change(release="ember-1.0")
    world.settle()
    assert (world.status["run"], world.state) == (3, "Starting")


def test_a_refused_driver_waits_without_a_word_too_many_and_fails_by_its_cause() -> None:
    world = World.with_job(timeouts={"pending": "10m"})
    world.server.refuses = QUOTA
    world.settle()
    writes = list(world.server.writes)
    assert writes == ["status", "create ConfigMap", "delete ConfigMap", "status"]
    for used in range(5):
        world.server.refuses = ApiError(403, "Forbidden", f"exceeded quota: small, used: cpu={used}")
        world.pass_time(30)
        assert world.settle() is not None
    assert world.server.writes == writes
    world.pass_time(600)
    world.settle()
    assert (world.state, world.status["failure"]["category"]) == ("Failed", "Quota")
    assert "timeouts.pending 10m" in world.status["message"]
    assert "startedAt" not in world.status


def test_a_driver_made_after_a_refusal_is_adopted_by_the_next_operator() -> None:
    """The operator died before it told of the driver: the next one stopped it, and made it again."""
    world = World.with_job()
    world.server.refuses = QUOTA
    world.settle()
    world.server.refuses = None
    # What was refused is made first, then the ConfigMap; it dies before the status.
    world.server.crash_after = 1
    world.pass_time(30)
    with pytest.raises(CrashError):
        world.settle()
    uid = world.server.objects[POD]["metadata"]["uid"]
    world.server.crash_after = None
    world.restart()
    world.settle()
    assert (world.state, world.server.objects[POD]["metadata"]["uid"]) == ("Starting", uid)


def test_a_job_made_anew_waits_for_what_its_namesake_left() -> None:
    """kubectl replace --force: the new job met the old one's ConfigMap and failed with NameConflict."""
    world = World.with_job()
    world.settle()
    left = world.server.objects[Ref("ConfigMap", "demo", "etl-1-1-conf")]
    left["metadata"]["ownerReferences"][0]["uid"] = "uid-before"
    world.server.drop(POD)
    world.job["status"] = {}
    world.server.put(world.job)
    wait = world.settle()
    assert (world.state, world.status["reason"]) == ("Pending", "EarlierObjectEnding")
    assert wait is not None
    assert wait < 30
    world.server.drop(Ref("ConfigMap", "demo", "etl-1-1-conf"))
    world.settle()
    assert world.state == "Starting"


def test_no_executor_for_a_minute_is_told_with_its_reason_and_ends_the_attempt() -> None:
    world = running()
    world.executor("Pending")
    world.pass_time(world.settle() or 0)
    world.settle()
    assert world.status["reason"] == "DriverRunning"
    world.pass_time(60)
    world.settle()
    assert (world.state, world.status["reason"]) == ("Running", "ExecutorsPending")
    assert "executor pod etl-exec-1" in world.status["message"]
    world.pass_time(900)
    world.settle()
    assert (world.state, world.status["reason"]) == ("Failed", "ExecutorStartTimeout")
    assert "deletionTimestamp" in world.drivers[0]["metadata"]


@pytest.mark.parametrize(
    "spec",
    [{"executor": {"instances": 0}}, {"executor": {}, "dynamicAllocation": {"maxExecutors": 4}}],
    ids=["none", "by need"],
)
def test_a_job_that_asks_for_no_executor_waits_for_none(spec: dict[str, Any]) -> None:
    world = running(**spec)
    world.pass_time(3600)
    assert world.settle() is None
    assert (world.state, world.status["reason"]) == ("Running", "DriverRunning")


def test_time_in_suspension_does_not_end_a_run() -> None:
    world = running(timeouts={"run": "1h"}, executor={"instances": 0})
    world.change(suspend=True)
    world.settle()
    world.server.drop(POD)
    world.pass_time(7 * 24 * 3600)
    world.change(suspend=False)
    world.settle()
    world.pod(world.live[0], phase="Running")
    world.settle()
    assert world.state == "Running"
    world.pass_time(3600)
    world.settle()
    assert (world.state, world.status["reason"]) == ("Failed", "RunTimeout")


def test_a_spec_that_is_no_longer_valid_costs_no_driver() -> None:
    """A stricter release met what was stored: the job says so, and once mended goes on with its run."""
    world = running()
    world.job["spec"]["driver"] = {"memory": "a lot"}
    world.server.put(world.job)
    world.settle()
    assert (world.state, world.status["reason"]) == ("Failed", "InvalidSpec")
    assert "spec.driver.memory" in world.status["message"]
    assert names(world) == ["etl-1-1-driver"]
    world.change(driver={"memory": "1Gi"})
    world.settle()
    assert (world.state, names(world), world.status["run"]) == ("Running", ["etl-1-1-driver"], 1)
    world.pod(world.live[0], phase="Succeeded")
    world.settle()
    assert world.state == "Succeeded"
