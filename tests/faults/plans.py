"""Which faults a workload is run under: derived from what the operator wrote and saw without one. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from faults.bench import TIMERS
from faults.calls import Write
from faults.fault import Fault, Kill
from faults.sight import Broken, Cut, Deaf, Gap, Hide, Late, LostPage, NoList, Silent, Stale, Twice
from faults.trial import Reference
from faults.weather import Break, Hang, Refuse, Slow, Unsteady
from faults.workloads.base import Workload

# Log lines that belong to what the fault does; matched from the beginning of `message | error`.
_REFUSED = r"API server refused \| {status} \w+: refused by the test"
_UNREACHABLE = r"API server unreachable \|"
_LEASE = r"lease not renewed \| .*(refused by the test|Timeout|disconnected)"
_LIST = r"list failed \| "

Make = Callable[[], Fault]


@dataclass(frozen=True)
class Plan:
    """One fault in one workload, by the name `job-succeeds/kill-after/3`.

    `detail` says where it strikes, `allowed` has patterns of log lines that belong to it.
    """

    workload: Workload
    kind: str
    number: int
    detail: str
    fault: Make
    allowed: tuple[str, ...] = ()
    timers: Mapping[str, float] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The name by which it is replayed."""
        return f"{self.workload.name}/{self.kind}/{self.number}"


def plans(workload: Workload, reference: Reference) -> list[Plan]:
    """All plans of a workload, in a fixed order."""
    return [
        *_of_writes(workload, reference),
        *_of_objects(workload, reference),
        *_of_kinds(workload, reference),
        Plan(workload, "slow", 1, "each byte", Slow),
        Plan(workload, "twice", 1, "each event", Twice),
        *(
            Plan(
                workload,
                f"unsteady-{status}",
                1,
                "every third request",
                partial(Unsteady, status, every=3),
                (_REFUSED.format(status=status), _LEASE, _LIST, _UNREACHABLE),
            )
            for status in (500, 503)
        ),
    ]


def _of_writes(workload: Workload, reference: Reference) -> Iterator[Plan]:
    for number, write in enumerate(reference.writes, 1):
        for kind, fault, allowed in (*_deaths(write), *_weather(write, number)):
            yield Plan(workload, kind, number, str(write), fault, allowed)


def _deaths(write: Write) -> Iterator[tuple[str, Make, tuple[str, ...]]]:
    for moment in ("before", "withheld", "after"):
        yield f"kill-{moment}", partial(Kill, write, moment), ()
    yield "stale", partial(Stale, write), ()


def _weather(write: Write, number: int) -> list[tuple[str, Make, tuple[str, ...]]]:
    """Two of the many kinds of bad weather, others at each write."""
    statuses = [409, 429, 500, 503, *([422] if write.key.endswith("/status") else [])]
    kinds: list[tuple[str, Make, tuple[str, ...]]] = [
        (
            f"refused-{status}",
            partial(Refuse, write, status),
            (_REFUSED.format(status=status),),
        )
        for status in statuses
    ]
    kinds += [
        (
            f"broken-{moment}",
            partial(Break, write, moment),
            (_UNREACHABLE,),
        )
        for moment in ("before", "withheld")
    ]
    kinds.append(("hangs", partial(Hang, write, TIMERS["request"] + 1), (_UNREACHABLE,)))
    kinds.append(("late", partial(Late, write), ()))
    return [kinds[(2 * number + step) % len(kinds)] for step in range(2)]


def _of_objects(workload: Workload, reference: Reference) -> Iterator[Plan]:
    for number, name in enumerate(reference.seen, 1):
        yield Plan(workload, "cut", number, name, partial(Cut, name))
        yield Plan(workload, "hidden", number, name, partial(Hide, name))
        if reference.counts[name][1]:
            yield Plan(workload, "gap", number, name, partial(Gap, name))


def _of_kinds(workload: Workload, reference: Reference) -> Iterator[Plan]:
    plurals = [name.split("/")[0] for name in reference.seen]
    for number, plural in enumerate(dict.fromkeys(plurals), 1):
        faults: list[tuple[str, Make, tuple[str, ...], Mapping[str, float]]] = [
            ("silent", partial(Silent, plural), (), {}),
            ("deaf", partial(Deaf, plural), (), {"relist": 1.5}),
            ("stream-410", partial(Broken, plural, 410), (), {}),
            ("stream-500", partial(Broken, plural, 500), (), {}),
            ("no-list-500", partial(NoList, plural, 500), (_LIST,), {}),
            ("no-list-429", partial(NoList, plural, 429), (_LIST,), {}),
        ]
        if plurals.count(plural) > 1:
            faults.append(("lost-page", partial(LostPage, plural), (_LIST,), {}))
        for kind, fault, allowed, timers in faults:
            yield Plan(workload, kind, number, plural, fault, allowed, timers)
