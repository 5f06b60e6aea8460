"""Trino's memory settings hold for every size that the API lets in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emberlake.api.quantity import memory_mib
from emberlake.warehouse.memory import LEAST_MIB, sizes

_MIB = {"Mi": 1, "Gi": 1024, "Ti": 1024**2, "m": 1, "g": 1024, "t": 1024**2}
legal = st.one_of(
    st.builds("{}{}".format, st.integers(1, 4 * 1024**2), st.sampled_from(["Mi", "m"])),
    st.builds("{}{}".format, st.integers(1, 4096), st.sampled_from(["Gi", "g", "G"])),
    st.builds("{}{}".format, st.integers(1, 4), st.sampled_from(["Ti", "t", "T"])),
    st.builds("{}{}".format, st.integers(1, 10**9), st.sampled_from(["Ki", "k"])),
    st.builds("{}{}".format, st.integers(1, 10**6), st.just("M")),
)


def _mib(memory: str) -> int:
    try:
        return memory_mib(memory)
    except ValueError:
        return 0


@given(legal.filter(lambda memory: _mib(memory) >= LEAST_MIB))
def test_query_limits_stay_below_the_heap_and_the_heap_below_the_container(memory: str) -> None:
    found = sizes(memory, "spec.coordinator.memory")
    assert found.container == memory_mib(memory)
    assert 100 * found.heap <= 70 * found.container < 100 * (found.heap + 1)
    # LocalMemoryManager of Trino 476 refuses more.
    assert found.query + found.headroom <= found.heap
    assert found.headroom >= int(found.heap * 0.3)
    assert found.query >= 256, "too little for any query is no size to accept"
    assert found.container - found.heap >= 500, "metaspace, code and buffers need this beside the heap"


@given(legal.filter(lambda memory: _mib(memory) < LEAST_MIB))
def test_too_little_memory_names_the_field_and_the_least_value(memory: str) -> None:
    with pytest.raises(ValueError, match=r"^spec\.workers\.memory: ") as error:
        sizes(memory, "spec.workers.memory")
    assert memory in str(error.value)
    if _mib(memory):
        assert f"{LEAST_MIB}Mi" in str(error.value)


@given(st.integers(LEAST_MIB, 10**6), st.integers(0, 10**6))
def test_more_memory_never_gives_less(first: int, more: int) -> None:
    small, large = sizes(f"{first}Mi", ""), sizes(f"{first + more}Mi", "")
    assert small.heap <= large.heap
    assert small.query <= large.query + 1


@pytest.mark.parametrize(
    ("memory", "heap", "headroom", "query"),
    [("2Gi", 1433, 670, 686), ("4Gi", 2867, 957, 1719), ("64Gi", 45875, 13762, 28901)],
)
def test_sizes_of_usual_values(memory: str, heap: int, headroom: int, query: int) -> None:
    found = sizes(memory, "")
    assert (found.heap, found.headroom, found.query) == (heap, headroom, query)
