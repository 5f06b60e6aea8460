import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emberlake.api.quantity import CPU_PATTERN, MEMORY_PATTERN, cpu_millis, duration_seconds, memory_mib


@pytest.mark.parametrize(
    ("text", "mib"),
    [
        ("1Gi", 1024),
        ("1g", 1024),
        ("512m", 512),
        ("512Mi", 512),
        ("1500M", 1430),
        ("1G", 953),
        ("2048k", 2),
        ("2048Ki", 2),
        ("1Ti", 1024**2),
        ("1t", 1024**2),
        ("1T", 953674),
    ],
)
def test_memory(text: str, mib: int) -> None:
    assert memory_mib(text) == mib


@pytest.mark.parametrize(
    "text", ["2gigs", "1.5Gi", "-1Gi", "0Gi", "1024", "1GB", "", "1 Gi", "1K", "٣Gi", "1Gi\n"]
)
def test_memory_that_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="memory"):
        memory_mib(text)


def test_memory_below_one_mib_is_refused() -> None:
    with pytest.raises(ValueError, match="below 1Mi"):
        memory_mib("1k")


UNITS = st.sampled_from(["Ki", "Mi", "Gi", "Ti", "k", "m", "g", "t", "M", "G", "T"])


@given(st.integers(min_value=1, max_value=10**6), UNITS)
def test_what_the_schema_takes_is_read_or_too_small(number: int, unit: str) -> None:
    text = f"{number}{unit}"
    assert re.search(MEMORY_PATTERN, text)
    if number * {"k": 1024, "Ki": 1024, "M": 10**6}.get(unit, 2**20) < 2**20:
        with pytest.raises(ValueError, match="below 1Mi"):
            memory_mib(text)
    else:
        assert memory_mib(text) >= 1


@given(st.text(max_size=8))
def test_schema_and_code_refuse_the_same(text: str) -> None:
    taken = re.search(CPU_PATTERN, text) is not None and "\n" not in text
    try:
        cpu_millis(text)
    except ValueError:
        assert not taken
    else:
        assert taken


@pytest.mark.parametrize(("text", "millis"), [("250m", 250), ("1", 1000), ("0.5", 500), ("1.25", 1250)])
def test_cpu(text: str, millis: int) -> None:
    assert cpu_millis(text) == millis


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200), ("7d", 604800)])
def test_duration(text: str, seconds: int) -> None:
    assert duration_seconds(text) == seconds


@pytest.mark.parametrize("text", ["90", "1.5h", "0s", "1w", "-1s"])
def test_duration_that_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        duration_seconds(text)
