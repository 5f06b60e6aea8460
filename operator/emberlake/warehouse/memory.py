"""Trino's memory settings from the memory of its container. Pure.

The heap is 70 % of the container. What is left holds metaspace, compiled code, threads and network buffers:
Trino 476 with its Hive and Iceberg plugins took up to 460 MiB of these under load, which sets the least size.

Headroom is heap that Trino does not account to queries: 30 % as Trino itself takes it, on small heaps more,
since some 400 MiB (loaded classes, exchange buffers) do not shrink with the heap. With three heavy queries at
once on a heap of 1075 MiB, headrooms of 322 and 430 MiB ended in OutOfMemoryError, one of 600 MiB did not.
"""

from dataclasses import dataclass

from emberlake.api.quantity import memory_mib

HEAP_PERCENT = 70
LEAST_MIB = 1792
_HEADROOM_PERCENT = 30
_SMALL_HEADROOM_PERCENT, _SMALL_HEADROOM_MIB = 20, 384
# Of the heap below the headroom, what one query may take.
_QUERY_PERCENT = 90


@dataclass(frozen=True)
class Sizes:
    """Sizes in MiB. `query` + `headroom` stay below `heap`: Trino refuses to start otherwise."""

    container: int
    heap: int
    headroom: int
    query: int


def sizes(memory: str, field: str) -> Sizes:
    """The sizes of a Trino node.

    Args:
        memory: the container's limit, for example "2Gi".
        field: where the value stands in the spec, for the message.

    Raises:
        ValueError: the memory is too small, or no size.
    """
    try:
        container = memory_mib(memory)
    except ValueError as error:
        raise ValueError(f"{field}: {error}") from error
    if container < LEAST_MIB:
        raise ValueError(f"{field}: {memory} is too small for Trino: set it to {LEAST_MIB}Mi or more")
    heap = container * HEAP_PERCENT // 100
    small = heap * _SMALL_HEADROOM_PERCENT // 100 + _SMALL_HEADROOM_MIB
    headroom = max(heap * _HEADROOM_PERCENT // 100, small)
    return Sizes(container, heap, headroom, (heap - headroom) * _QUERY_PERCENT // 100)
