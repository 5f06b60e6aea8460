"""What goes when: played through in the small world."""

from copy import deepcopy
from typing import Any

import pytest

from emberlake.core.model import Ref
from unit.sparkjob.world import JOB, World

DAY = 24 * 3600


def ended(world: World, phase: str = "Succeeded", **status: Any) -> None:
    """Let the driver that is there run and end."""
    world.pod(world.live[-1], phase="Running")
    world.settle()
    world.pod(world.live[-1], phase=phase, **status)
    world.settle()


def children(world: World) -> set[tuple[str, str]]:
    return {(ref.kind, ref.name) for ref in world.server.objects if ref.kind not in ("SparkJob", "Catalog")}


@pytest.mark.parametrize(("phase", "days"), [("Succeeded", 1), ("Failed", 7)])
def test_pods_and_configuration_stay_for_people_to_read_and_then_go(phase: str, days: int) -> None:
    """Row 14: driver pods were deleted at once, and their logs with them."""
    world = World.with_job()
    world.settle()
    ended(world, phase, containerStatuses=[])
    if phase == "Failed":
        world.annotate("cancel-requested-at", "c1")
        world.settle()
    both = {("Pod", "etl-1-1-driver"), ("ConfigMap", "etl-1-1-conf")}
    world.pass_time(days * DAY - 60)
    world.settle()
    assert children(world) == both
    assert "releasedAt" not in world.status
    state = world.state
    world.pass_time(60)
    world.restart()
    assert world.settle() is None
    assert children(world) == set()
    assert world.status["releasedAt"]
    assert world.state == state


def test_a_job_that_runs_again_and_again_does_not_pile_up_pods() -> None:
    world = World.with_job()
    world.settle()
    for run in range(2, 6):
        ended(world)
        world.pass_time(DAY / 2)
        world.annotate("requested-at", f"r{run}")
        world.settle()
    pods = {name for kind, name in children(world) if kind == "Pod"}
    assert pods == {"etl-4-1-driver", "etl-5-1-driver"}
    assert {name for kind, name in children(world) if kind == "ConfigMap"} == {"etl-4-1-conf", "etl-5-1-conf"}


def test_failed_attempts_of_a_running_job_go_in_their_time() -> None:
    world = World.with_job(retention={"failed": "1h"})
    world.settle()
    ended(world, "Failed", reason="Evicted")
    world.pass_time(10)
    world.settle()
    world.pod(world.live[0], phase="Running")
    wait = world.settle()
    assert wait is not None
    world.executor("Running")
    for _ in range(20):
        world.pass_time(300)
        wait = world.settle()
    assert [pod["metadata"]["name"] for pod in world.drivers] == ["etl-1-2-driver"]
    assert world.config_maps == ["etl-1-2-conf"]
    assert world.state == "Running"


def test_the_configuration_of_a_cancelled_attempt_stays_as_long_as_its_run() -> None:
    world = World.with_job(retention={"failed": "1h"})
    world.settle()
    world.pod(world.live[0], phase="Running")
    world.settle()
    world.annotate("cancel-requested-at", "c1")
    world.settle()
    world.server.drop(Ref("Pod", "demo", "etl-1-1-driver"))
    world.settle()
    assert world.config_maps == ["etl-1-1-conf"]
    world.pass_time(3600)
    world.settle()
    assert world.config_maps == []


def test_the_job_itself_goes_only_where_asked_and_only_if_nobody_wants_it() -> None:
    world = World.with_job(ttlAfterFinished="1h")
    world.settle()
    ended(world)
    world.pass_time(3590)
    world.settle()
    assert not world.gone
    world.pass_time(20)
    world.annotate("requested-at", "r2")
    world.reconcile()
    assert not world.gone
    world.settle()
    ended(world)
    world.pass_time(3601)
    world.reconcile()
    assert world.gone
    assert world.server.writes[-1] == f"delete {JOB.kind}"


def test_whoever_has_an_old_view_leaves_newer_children_alone() -> None:
    """It knows run 1 alone, and the ConfigMap of run 2 has no pod yet."""
    world = World.with_job(retention={"succeeded": "1s"})
    world.settle()
    ended(world)
    conf = world.server.objects[Ref("ConfigMap", "demo", "etl-1-1-conf")]
    newer = deepcopy(conf)
    newer["metadata"] |= {"name": "etl-2-1-conf", "uid": "u-2"}
    newer["metadata"]["labels"]["emberlake.dev/run"] = "2"
    world.server.put(newer)
    world.pass_time(5)
    world.settle()
    assert world.config_maps == ["etl-2-1-conf"]


def test_only_own_objects_are_deleted() -> None:
    world = World.with_job(retention={"succeeded": "1s"})
    world.settle()
    conf = Ref("ConfigMap", "demo", "etl-1-1-conf")
    foreign = {**world.server.objects[conf], "metadata": {**world.server.objects[conf]["metadata"]}}
    foreign["metadata"] |= {"name": "other", "uid": "u-other", "ownerReferences": []}
    world.server.put(foreign)
    ended(world)
    world.pass_time(5)
    world.settle()
    assert world.status["releasedAt"]
    assert world.config_maps == ["other"]


def test_service_ingress_and_budget_go_with_the_run_or_when_nobody_asks_for_them_any_more() -> None:
    world = World.with_job(
        driver={"podDisruptionBudget": True},
        ui={"ingress": {"host": "ui.example"}},
        retention={"succeeded": "1h"},
    )
    world.settle()
    extras = {("PodDisruptionBudget", "etl-driver"), ("Service", "etl-ui"), ("Ingress", "etl-ui")}
    assert extras <= children(world)
    ended(world)
    world.change(driver={}, ui={"service": True})
    world.annotate("requested-at", "r2")
    world.settle()
    assert children(world) & extras == {("Service", "etl-ui")}
    ended(world)
    world.pass_time(3600)
    world.settle()
    assert children(world) == set()
