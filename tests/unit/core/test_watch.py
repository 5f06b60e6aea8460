import asyncio

import pytest

from emberlake.__main__ import CAPABILITIES
from emberlake.core.cache import Cache
from emberlake.core.watch import WatchSource, selector, watched


def test_own_kinds_are_watched_whole() -> None:
    found = watched(CAPABILITIES.values())
    assert {kind for kind, owners in found.items() if selector(owners) is None} == set(CAPABILITIES)


@pytest.mark.parametrize("kind", CAPABILITIES)
def test_every_child_that_a_kind_looks_at_is_watched(kind: str) -> None:
    found = watched(CAPABILITIES.values())
    assert all(kind in found[child] for child in CAPABILITIES[kind].children)


def test_children_are_those_of_the_kinds_that_look_at_them_and_no_executors() -> None:
    assert selector(("SparkJob", "Crawl")) == (
        "emberlake.dev/kind in (Crawl,SparkJob),emberlake.dev/role!=executor"
    )


async def test_watches_begin_anew_when_kopf_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error inside a stream (other than 410) ended the operator."""
    ends: list[Exception | None] = [RuntimeError("Error in the watch-stream"), None]

    async def kopf_operator(**_: object) -> None:
        if (error := ends.pop(0)) is not None:
            raise error

    monkeypatch.setattr("emberlake.core.watch._RESTART_SECONDS", 0)
    monkeypatch.setattr("kopf.operator", kopf_operator)
    await WatchSource(None, Cache(), {}, ["demo"], 70).run(asyncio.Event())  # type: ignore[arg-type]
    assert ends == []
