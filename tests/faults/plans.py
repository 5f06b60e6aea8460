"""Which faults a workload is run under: derived from what the operator wrote and saw without one. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
# kopf's words.
_WATCH = (r"Request attempt #\d/\d failed; will retry: GET .* \|",)

Make = Callable[[], Fault]


@dataclass(frozen=True)
class Plan:
    """One fault in one workload, by the name `job-succeeds/kill-after/3`.

    `detail` says where it strikes, `allowed` has patterns of log lines that belong to it; it is None where
    the operator may end, to be started anew by the kubelet.
    """

    workload: Workload
    kind: str
    number: int
    detail: str
    fault: Make
    allowed: tuple[str, ...] | None = ()
    timers: Mapping[str, float] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The name by which it is replayed."""
        return f"{self.workload.name}/{self.kind}/{self.number}"


class Covered:
    """Where operators were killed already: writes by all that was written before them.

    Two scripts that begin alike are not tried twice where they are alike.
    """

    def __init__(self) -> None:
        self._histories: set[tuple[Write, ...]] = set()

    def news(self, writes: Sequence[Write]) -> list[tuple[int, Write]]:
        """The writes with their numbers, without those that were met with the same past; they are now."""
        found = []
        for number, write in enumerate(writes, 1):
            history = tuple(writes[:number])
            if history not in self._histories:
                self._histories.add(history)
                found.append((number, write))
        return found


def plans(workload: Workload, reference: Reference, covered: Covered | None = None) -> list[Plan]:
    """The plans of a workload, in a fixed order; without those that `covered` knows, if that is given."""
    writes = (covered or Covered()).news(reference.writes)
    objects = [
        (number, name)
        for number, name in enumerate(reference.seen, 1)
        if any(_name(name).startswith(_name(write.key)) for _, write in writes)
    ]
    return [
        *_of_writes(workload, writes),
        *_of_objects(workload, objects, reference),
        *_of_kinds(workload, [name for _, name in objects], reference),
        *_of_all(workload, reference.writes),
    ]


def _name(what: str) -> str:
    """The name in `plural/name` or `verb plural/name/subresource`."""
    return what.split("/")[1]


def _of_writes(workload: Workload, writes: Iterable[tuple[int, Write]]) -> Iterator[Plan]:
    for number, write in writes:
        for kind, fault, allowed in (*_deaths(write), *_weather(write, number)):
            yield Plan(workload, kind, number, str(write), fault, allowed)


def _deaths(write: Write) -> Iterator[tuple[str, Make, tuple[str, ...]]]:
    for moment in ("before", "withheld", "after"):
        yield f"kill-{moment}", partial(Kill, write, moment), ()
    yield "stale", partial(Stale, write, write), ()


def _weather(write: Write, number: int) -> list[tuple[str, Make, tuple[str, ...]]]:
    """Two of the many kinds of bad weather, others at each write."""
    statuses = [409, 429, 500, 503, *([422] if write.key.endswith("/status") else [])]
    kinds: list[tuple[str, Make, tuple[str, ...]]] = [
        (f"refused-{status}", partial(Refuse, write, status), (_REFUSED.format(status=status),))
        for status in statuses
    ]
    kinds += [
        (f"broken-{moment}", partial(Break, write, moment), (_UNREACHABLE,))
        for moment in ("before", "withheld")
    ]
    kinds.append(("hangs", partial(Hang, write, TIMERS["request"] + 1), (_UNREACHABLE,)))
    kinds.append(("late", partial(Late, write), ()))
    return [kinds[(2 * number + step) % len(kinds)] for step in range(2)]


def _of_objects(
    workload: Workload, objects: Iterable[tuple[int, str]], reference: Reference
) -> Iterator[Plan]:
    for number, name in objects:
        yield Plan(workload, "cut", number, name, partial(Cut, name))
        yield Plan(workload, "hidden", number, name, partial(Hide, name))
        if reference.counts[name][1]:
            yield Plan(workload, "gap", number, name, partial(Gap, name), None)


def _of_kinds(workload: Workload, names: Sequence[str], reference: Reference) -> Iterator[Plan]:
    """Of each kind that is watched three faults, others in each workload."""
    plurals = [name.split("/")[0] for name in names]
    lasting = [name.split("/")[0] for name in names if not reference.counts[name][1]]
    for number, plural in enumerate(dict.fromkeys(plurals), 1):
        faults: list[tuple[str, Make, tuple[str, ...] | None, Mapping[str, float]]] = [
            ("silent", partial(Silent, plural), (), {}),
            ("stream-410", partial(Broken, plural, 410), (), {}),
            ("deaf", partial(Deaf, plural), (), {"relist": 1.5}),
            ("stream-500", partial(Broken, plural, 500), None, {}),
            ("no-list-500", partial(NoList, plural, 500), (_LIST, *_WATCH), {}),
            ("no-list-429", partial(NoList, plural, 429), (_LIST, *_WATCH), {}),
        ]
        if lasting.count(plural) > 1:
            faults.append(("lost-page", partial(LostPage, plural), None, {"relist": 1.5}))
        first = sum(workload.name.encode()) + number
        for step in range(3):
            kind, fault, allowed, timers = faults[(first + step) % len(faults)]
            yield Plan(workload, kind, number, plural, fault, allowed, timers)


def _of_all(workload: Workload, writes: Sequence[Write]) -> Iterator[Plan]:
    if len(writes) > 1:
        yield Plan(workload, "past", 1, "the beginning", partial(Stale, writes[-1], writes[0]))
    # on a busy machine a slow answer is a late one
    yield Plan(workload, "slow", 1, "each byte", Slow, (_LEASE, _LIST, _UNREACHABLE))
    yield Plan(workload, "twice", 1, "each event", Twice)
    for status in (500, 503):
        allowed = (_REFUSED.format(status=status), _LEASE, _LIST, _UNREACHABLE, *_WATCH)
        fault = partial(Unsteady, status, every=3)
        yield Plan(workload, f"unsteady-{status}", 1, "every third request", fault, allowed)
