"""Metrics that are read off the cache and the queue at each scrape: they cannot drift from what is there."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from emberlake.core.cache import Cache
from emberlake.core.capability import Capability
from emberlake.core.objects import parse_time
from emberlake.core.reconcile import Reconciler
from emberlake.core.states import FINAL, NEW, since, state_of

# Past its deadline an object is not overdue at once: the operator first gets a chance to act on it.
GRACE = timedelta(seconds=60)

Key = tuple[str, ...]


class CacheCollector(Collector):
    """Objects by kind and state. Every replica has the cache and reports it: take the maximum of them."""

    def __init__(
        self,
        cache: Cache,
        capabilities: Mapping[str, Capability[Any]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._cache, self._capabilities, self._now = cache, capabilities, now
        # What was there once is told as 0 when it is gone: a graph shall fall, not end.
        self._seen: dict[Key, None] = {}

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """The families without samples."""
        return _objects({}), _oldest({}), _overdue({})

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One pass over the cache; only objects in a state that must end are looked at closely."""
        now = self._now()
        late = now - GRACE
        counts: Counter[Key] = Counter()
        overdue: Counter[Key] = Counter()
        oldest: dict[Key, str] = {}
        for kind, capability in self._capabilities.items():
            for manifest in self._cache.of_kind(kind):
                key = (kind, state_of(manifest))
                counts[key] += 1
                if key[1] not in FINAL:
                    began = since(manifest)
                    oldest[key] = min(oldest.get(key, began), began)
                    limit = parse_time(began) if key[1] == NEW else capability.deadline(manifest)
                    overdue[key] += limit is not None and limit < late
        self._seen |= dict.fromkeys(counts)
        ages = {key: max(0.0, (now - parse_time(began)).total_seconds()) for key, began in oldest.items()}
        unfinished = [key for key in self._seen if key[1] not in FINAL]
        yield _objects({key: counts[key] for key in self._seen})
        yield _oldest({key: ages.get(key, 0.0) for key in unfinished})
        yield _overdue({key: overdue[key] for key in unfinished})


class QueueCollector(Collector):
    """The work queue by kind (controller-runtime has one a controller); empty unless this replica leads."""

    def __init__(self, reconciler: Reconciler, kinds: Iterable[str]) -> None:
        self._reconciler, self._kinds = reconciler, tuple(kinds)

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """The families without samples."""
        return _depth({}), _longest({})

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Objects in line, and the seconds that the longest reconcile goes on already."""
        queue = self._reconciler.queue
        depth = Counter(ref.kind for ref in queue.waiting) if self._reconciler.working else Counter()
        held = queue.held
        longest = {
            kind: max((held[ref] for ref in held if ref.kind == kind), default=0.0) for kind in self._kinds
        }
        yield _depth({(kind,): depth[kind] for kind in self._kinds})
        yield _longest({(kind,): longest[kind] for kind in self._kinds})


def _objects(values: Mapping[Key, float]) -> GaugeMetricFamily:
    text = "Objects by kind and state; New when no operator has seen it yet"
    return _family("emberlake_objects", text, ["kind", "state"], values)


def _oldest(values: Mapping[Key, float]) -> GaugeMetricFamily:
    text = "For how long the oldest object of a state that must end has been in it"
    return _family("emberlake_oldest_in_state_seconds", text, ["kind", "state"], values)


def _overdue(values: Mapping[Key, float]) -> GaugeMetricFamily:
    text = "Objects that are in their state for longer than their own timeouts allow"
    return _family("emberlake_overdue_objects", text, ["kind", "state"], values)


def _depth(values: Mapping[Key, float]) -> GaugeMetricFamily:
    return _family("workqueue_depth", "Objects that wait for a worker", ["name"], values)


def _longest(values: Mapping[Key, float]) -> GaugeMetricFamily:
    text = "For how long the longest reconcile goes on already"
    return _family("workqueue_longest_running_processor_seconds", text, ["name"], values)


def _family(name: str, text: str, labels: list[str], values: Mapping[Key, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family
