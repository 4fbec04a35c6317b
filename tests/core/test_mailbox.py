"""The mailbox against a list: the first message that matches is taken, the rest stays."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aquavit import Down, Ref, flush, make_ref, receive, self, send, spawn_monitor
from aquavit.core import ids, matching
from aquavit.core import process as processes
from tests.core import naive
from tests.support import end, process_test, settled

_MESSAGES = st.integers(0, 3) | st.sampled_from(["a", "b"]) | st.tuples(st.integers(0, 3))
_PATTERNS = st.lists(
    st.sampled_from([0, 1, "a", int, str, tuple, (int,), (1,), ..., lambda value: value == 2]),
    min_size=1,
    max_size=3,
).map(tuple)
#: (what to do, with what)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("push"), _MESSAGES),
        st.tuples(st.just("push many"), st.integers(10, 30)),
        st.tuples(st.just("take"), _PATTERNS),
        st.tuples(st.just("pop"), st.none()),
        st.tuples(st.just("ask"), st.none()),
        st.tuples(st.just("answer"), st.integers(0, 20)),
        st.tuples(st.just("down"), st.integers(0, 20)),
        st.tuples(st.just("take answer"), st.integers(0, 20)),
        st.tuples(st.just("clear"), st.none()),
    ),
    max_size=60,
)


class Both:
    """A mailbox and the list that it must be like."""

    def __init__(self) -> None:
        self.real: Any = processes.new_process(None)
        self.model: list[Any] = []
        self.refs: list[Ref] = []

    def push(self, value: Any) -> None:
        self.real.push(value)
        self.model.append(value)

    def push_many(self, count: int) -> None:
        for number in range(count):
            self.push(("bulk", number))

    def take(self, patterns: tuple[Any, ...]) -> None:
        taken = self.real.take(matching.compile_patterns(patterns))
        place = naive.first(patterns, self.model)
        if place is None:
            assert repr(taken) == "EMPTY"
        else:
            assert taken is self.model.pop(place)

    def pop(self, _: None) -> None:
        taken = self.real.pop()
        if self.model:
            assert taken is self.model.pop(0)
        else:
            assert repr(taken) == "EMPTY"

    def ask(self, _: None) -> None:
        ref = ids.new_ref()
        self.real.mark(ref.id)
        self.refs.append(ref)

    def answer(self, number: int) -> None:
        if self.refs:
            self.push((self.refs[number % len(self.refs)], number))

    def down(self, number: int) -> None:
        if self.refs:
            self.push(Down(self.refs[number % len(self.refs)], None, number))

    def take_answer(self, number: int) -> None:
        if self.refs:
            ref = self.refs[number % len(self.refs)]
            self.take(((ref, int), Down(ref, ..., ...)))

    def clear(self, _: None) -> None:
        self.real.clear_mailbox()
        self.model.clear()

    def agree(self) -> None:
        assert self.real.contents() == self.model
        assert self.real.count == len(self.model)


@settings(max_examples=200)
@given(_STEPS)
def test_a_mailbox_is_like_a_list(steps: list[tuple[str, Any]]) -> None:
    both = Both()
    for what, value in steps:
        getattr(both, what.replace(" ", "_"))(value)
        both.agree()


@given(st.lists(_MESSAGES, max_size=12), st.lists(_PATTERNS, max_size=8))
def test_receive_takes_the_first_match_and_leaves_the_rest_in_order(
    messages: list[Any], waits: list[tuple[Any, ...]]
) -> None:
    @process_test
    async def run() -> None:
        left = list(messages)
        for message in messages:
            send(self(), message)
        for patterns in waits:
            got = await receive(*patterns, timeout=0, default="nothing")
            place = naive.first(patterns, left)
            assert got == ("nothing" if place is None else left.pop(place))
        assert flush() == left

    run()


@given(st.lists(_MESSAGES, min_size=1, max_size=10), _PATTERNS)
def test_a_waiting_process_is_woken_by_the_first_match(
    messages: list[Any], patterns: tuple[Any, ...]
) -> None:
    place = naive.first(patterns, messages)

    @process_test
    async def wait() -> None:
        main = self()

        async def body() -> None:
            got = await receive(*patterns)
            send(main, ("got", got, flush()))

        pid, ref = spawn_monitor(body)
        await settled()
        for message in messages:
            send(pid, message)
        await settled()
        if place is None:
            await end(pid)
            flush()
        else:
            _, got, rest = await receive(("got", ..., list), timeout=2.0)
            assert got == messages[place]
            assert rest == messages[:place] + messages[place + 1 :]
            await receive(Down(ref, ..., ...), timeout=2.0)

    wait()


def test_a_long_mailbox_is_dropped_without_depth() -> None:
    both = Both()
    both.push_many(300_000)
    both.real.clear_mailbox()
    assert both.real.contents() == []


@process_test
async def test_a_receive_on_a_fresh_ref_skips_a_long_mailbox() -> None:
    looked: list[object] = []
    for _ in range(1000):
        send(self(), ("old", "answer"))
    ref = make_ref()
    send(self(), (ref, "answer"))
    wanted = (ref, lambda value: not looked.append(value))
    assert await receive(wanted, timeout=0) == (ref, "answer")
    assert looked == ["answer"]
    assert len(flush()) == 1000
