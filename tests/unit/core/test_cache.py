from typing import Any

from emberlake.core.cache import Cache
from emberlake.core.model import Ref
from emberlake.core.objects import KIND_LABEL, NAME_LABEL

JOB = Ref("SparkJob", "demo", "etl")


def pod(name: str, version: int, uid: str = "u1", labelled: bool = True) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "demo",
            "uid": uid,
            "resourceVersion": str(version),
            "labels": {KIND_LABEL: "SparkJob", NAME_LABEL: "etl"} if labelled else {},
        },
    }


def heard(cache: Cache) -> list[str]:
    found: list[str] = []
    cache.listen(lambda obj: found.append(obj["metadata"]["name"]))
    return found


def test_an_older_version_never_replaces_a_newer_one() -> None:
    cache = Cache()
    assert cache.upsert(pod("a", 9))
    assert not cache.upsert(pod("a", 7))
    assert not cache.upsert(pod("a", 9))
    found = cache.get(Ref("Pod", "demo", "a"))
    assert found is not None
    assert found["metadata"]["resourceVersion"] == "9"


def test_children_are_found_by_their_labels() -> None:
    cache = Cache()
    for name in ("b", "a"):
        cache.upsert(pod(name, 1))
    cache.upsert(pod("stranger", 1, labelled=False))
    assert [child["metadata"]["name"] for child in cache.children(JOB, "Pod")] == ["a", "b"]


def test_a_late_delete_does_not_take_the_successor() -> None:
    cache = Cache()
    cache.upsert(pod("a", 5, uid="new"))
    cache.discard(pod("a", 3, uid="old"))
    assert cache.get(Ref("Pod", "demo", "a")) is not None


def test_a_list_removes_what_vanished_while_the_watch_was_broken() -> None:
    cache = Cache()
    cache.upsert(pod("gone", 3))
    cache.upsert(pod("kept", 4))
    news = heard(cache)
    cache.replace("Pod", [pod("kept", 4)], at=10)
    assert news == ["gone"]
    assert cache.children(JOB, "Pod") == [pod("kept", 4)]


def test_a_list_keeps_what_was_created_after_it() -> None:
    cache = Cache()
    cache.upsert(pod("newer", 11))
    cache.replace("Pod", [], at=10)
    assert cache.get(Ref("Pod", "demo", "newer")) is not None


def test_a_list_of_one_namespace_leaves_the_others() -> None:
    cache = Cache()
    cache.upsert(pod("a", 1))
    cache.replace("Pod", [], at=10, namespace="elsewhere")
    assert cache.get(Ref("Pod", "demo", "a")) is not None


def test_what_is_news_is_told_once() -> None:
    cache = Cache()
    news = heard(cache)
    for obj in (pod("a", 9), pod("a", 9), pod("a", 7), pod("b", 1)):
        cache.upsert(obj)
    assert news == ["a", "b"]
