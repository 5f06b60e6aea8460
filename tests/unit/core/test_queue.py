import asyncio

from hypothesis import given
from hypothesis import strategies as st

from emberlake.core.queue import KeyedQueue


async def test_a_key_stands_in_line_once() -> None:
    queue: KeyedQueue[str] = KeyedQueue()
    for _ in range(5):
        queue.add("a")
    assert len(queue) == 1


async def test_a_key_in_hand_is_handed_out_again_only_after_done() -> None:
    queue: KeyedQueue[str] = KeyedQueue()
    queue.add("a")
    key, _ = await queue.get()
    queue.add("a")
    assert len(queue) == 0
    queue.done(key)
    assert (await queue.get())[0] == "a"


async def test_a_failed_key_comes_back_after_its_backoff() -> None:
    queue: KeyedQueue[str] = KeyedQueue(backoff_base=0.001, jitter=lambda: 0)
    queue.add("a")
    key, _ = await queue.get()
    queue.done(key, failed=True)
    assert len(queue) == 0
    async with asyncio.timeout(5):
        assert (await queue.get())[0] == "a"


async def test_the_earlier_of_two_times_wins() -> None:
    queue: KeyedQueue[str] = KeyedQueue()
    queue.add_after("a", 3600)
    queue.add_after("a", 0.001)
    queue.add_after("a", 1800)
    async with asyncio.timeout(5):
        assert (await queue.get())[0] == "a"
    queue.done("a")
    assert queue.idle


async def test_the_front_line_goes_first_and_the_back_line_is_not_forgotten() -> None:
    queue: KeyedQueue[str] = KeyedQueue()
    for number in range(3):
        queue.add(f"new-{number}", back=True)
    for number in range(20):
        queue.add(f"old-{number}")
    order = [(await queue.get())[0] for _ in range(23)]
    assert order[:8] == [*(f"old-{number}" for number in range(7)), "new-0"]
    assert order[15] == "new-1"
    assert sorted(order) == sorted(set(order))


async def test_a_key_in_line_only_ever_moves_to_the_front() -> None:
    queue: KeyedQueue[str] = KeyedQueue()
    for key in "ab":
        queue.add(key, back=True)
    queue.add("b")
    queue.add("b", back=True)
    assert [(await queue.get())[0] for _ in range(2)] == ["b", "a"]
    queue.add("b", back=True)
    queue.add("b")
    queue.add("a", back=True)
    queue.done("a")
    queue.done("b")
    assert [(await queue.get())[0] for _ in range(2)] == ["b", "a"]


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["add", "back", "get", "done", "fail"])),
        max_size=60,
    )
)
def test_no_key_is_ever_in_two_hands_and_none_is_lost(steps: list[tuple[str, str]]) -> None:
    async def walk() -> None:
        queue: KeyedQueue[str] = KeyedQueue(backoff_base=0, jitter=lambda: 0)
        hands: set[str] = set()
        owed: set[str] = set()
        for key, step in steps:
            if step in ("add", "back"):
                queue.add(key, back=step == "back")
                owed.add(key)
            elif step == "get" and len(queue):
                got, _ = await queue.get()
                assert got not in hands
                hands.add(got)
                owed.discard(got)
            elif step in ("done", "fail") and key in hands:
                hands.remove(key)
                queue.done(key, failed=step == "fail")
                if step == "fail":
                    owed.add(key)
        for key in list(hands):
            queue.done(key)
        while owed:
            async with asyncio.timeout(5):
                got, _ = await queue.get()
            owed.discard(got)
            queue.done(got)

    asyncio.run(walk())
