"""User code that the runtime calls in the middle of its work: guards, `==`, copies, logging.

It may end the process whose message is being matched, empty its mailbox, send, raise. The
runtime stays whole: no process is lost, none runs twice, and the next one is served.
"""

from __future__ import annotations

import asyncio
import logging
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import aquavit
from aquavit import (
    Alias,
    Down,
    Exit,
    NotInProcess,
    Pid,
    ProcessExit,
    Ref,
    flush,
    kill,
    receive,
    self,
    send,
    spawn,
    spawn_link,
    spawn_monitor,
    trap_exit,
)
from aquavit.core import loops
from tests.support import died, end, process_test, settled


class Comparing:
    """A pattern whose comparison runs `act` first."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, act: Callable[[], object]) -> None:
        self.act = act

    def __eq__(self, other: object) -> bool:
        self.act()
        return True


async def served() -> None:
    """Assert that new processes are served as ever."""
    main = self()
    spawn(lambda: send(main, "served"))
    assert await receive("served", timeout=2.0) == "served"


def end_oneself(_: object) -> bool:
    aquavit.exit(self(), "guard")
    return True


def end_oneself_quietly(_: object) -> bool:
    try:
        aquavit.exit(self(), "guard")
    except ProcessExit:
        return False
    return True


@pytest.mark.parametrize(
    ("guard", "expected"),
    [
        (lambda _: kill(self()), "killed"),
        (end_oneself, "guard"),
        (end_oneself_quietly, "guard"),
    ],
    ids=["kill", "exit", "exit swallowed"],
)
@process_test
async def test_a_guard_that_ends_its_process_ends_it_once(
    guard: Callable[[object], bool], expected: object
) -> None:
    pid, ref = spawn_monitor(lambda: receive(guard))
    await settled()
    send(pid, "message")
    reason = (await receive(Down(ref, pid, ...), timeout=2.0)).reason
    assert reason == expected
    await served()
    assert flush() == []


@process_test
async def test_a_guard_that_empties_the_mailbox_of_a_waiting_process_leaves_it_waiting() -> None:
    main = self()

    async def body() -> None:
        send(main, await receive(lambda message: not flush() or message == 2))
        send(main, await receive(3))

    pid = spawn(body)
    for message in (1, 2, 3):
        await settled()
        send(pid, message)
    await settled()
    assert flush() == []  # each look at a message has thrown it away
    await end(pid)


@process_test
async def test_a_guard_that_empties_the_mailbox_while_it_is_searched_finds_nothing() -> None:
    for message in (1, 2, 3):
        send(self(), message)
    assert await receive(lambda message: flush() is not None, timeout=0, default="none") == "none"
    assert flush() == []


@process_test
async def test_a_guard_that_sends_to_its_own_process_gets_that_too() -> None:
    def guard(message: int) -> bool:
        if message < 3:
            send(self(), message + 1)
        return message == 3

    pid, ref = spawn_monitor(lambda: receive(guard))
    await settled()
    send(pid, 1)
    assert (await receive(Down(ref, pid, ...), timeout=2.0)).reason == "normal"


def flush_and_send(message: object) -> bool:
    """Accept "new" alone; throw everything away at first, and send more."""
    if message == "old":
        flush()
        send(self(), "other")
        send(self(), "new")
    return message == "new"


@pytest.mark.parametrize("waits", [True, False])
@process_test
async def test_a_guard_that_replaces_the_mailbox_finds_what_matches(waits: bool) -> None:
    main = self()

    async def body() -> None:
        send(main, (await receive(flush_and_send), flush()))

    pid = spawn(body)
    if waits:
        await settled()
    send(pid, "old")
    await died(pid)
    assert flush() == [("new", ["other"])]


@process_test
async def test_after_a_guard_that_fails_the_process_may_be_stopped_again() -> None:
    runtime = loops.the_runtime("test")
    send(self(), "message")
    with pytest.raises(ZeroDivisionError):
        await receive(lambda _: 1 / 0)
    assert not runtime.looking
    assert flush() == ["message"]


@process_test
async def test_a_guard_that_sends_is_still_no_place_to_stop_the_process() -> None:
    runtime = loops.the_runtime("test")
    seen = []
    for wanted in ("nothing", lambda _: False):
        pid = spawn(receive, wanted)
        await settled()
        send(self(), "message")
        await receive(lambda _, to=pid: (send(to, "more") and seen.append(runtime.looking)) or True)
        await end(pid)
    assert seen == [True, True]


@process_test
async def test_a_comparison_that_kills_the_receiver_ends_it_once() -> None:
    async def body() -> None:
        pid = self()
        await receive(Comparing(lambda: kill(pid)))

    pid, ref = spawn_monitor(body)
    await settled()
    send(pid, "message")
    assert (await receive(Down(ref, pid, ...), timeout=2.0)).reason == "killed"
    await served()


@process_test
async def test_a_comparison_that_sends_to_the_receiver_wakes_it_once() -> None:
    main = self()
    more = [1, 2]

    async def body() -> None:
        pid = self()
        wanted = Comparing(lambda: more and send(pid, more.pop(0)))
        first = await receive(wanted)
        send(main, sorted([str(first), *map(str, flush())]))

    pid = spawn(body)
    await settled()
    send(pid, "message")
    await died(pid)
    assert flush() == [["1", "2", "message"]]
    await served()


@process_test
async def test_a_wait_stepped_by_hand_does_not_disturb_the_next_one() -> None:
    main = self()

    async def body() -> None:
        left = receive("left", timeout=0.001)
        left.send(None)  # type: ignore[attr-defined]
        send(self(), "left")
        await asyncio.to_thread(int)
        send(main, await receive())

    await died(spawn(body))
    assert flush() == ["left"]
    await served()


class FailsToCopy:
    """Can be copied `times` times."""

    def __init__(self, times: int) -> None:
        self.times = times

    def __deepcopy__(self, memo: object) -> FailsToCopy:
        if not self.times:
            raise ValueError("no more")
        return FailsToCopy(self.times - 1)


def _deep() -> list[Any]:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    return deep


@pytest.mark.parametrize("times", [0, 1, 2])
@pytest.mark.usefixtures("_silence")
@process_test
async def test_a_reason_that_cannot_be_copied_is_told_all_the_same(times: int) -> None:
    trap_exit(True)

    def body() -> None:
        raise ProcessExit(FailsToCopy(times))

    pid = spawn_link(body)
    ref = aquavit.monitor(pid)
    await settled()
    told = flush()
    assert {type(each) for each in told} == {Exit, Down}
    assert [each.pid for each in told] == [pid, pid]
    assert ref in [getattr(each, "ref", None) for each in told]
    await served()


@pytest.mark.usefixtures("_silence")
@process_test
async def test_a_reason_that_is_nested_too_deeply_is_told_all_the_same() -> None:
    def body() -> None:
        raise ProcessExit(_deep())

    pid, ref = spawn_monitor(body)
    assert isinstance((await receive(Down(ref, pid, ...), timeout=2.0)).reason, RecursionError)
    await served()


class NoException(BaseException):
    """Is none of the program's own."""


class Refuses(FailsToCopy):
    """The same, but what it raises is no Exception."""

    def __deepcopy__(self, memo: object) -> FailsToCopy:
        try:
            return Refuses(super().__deepcopy__(memo).times)
        except ValueError:
            raise NoException from None


class Undivided(BaseExceptionGroup[BaseException]):
    """A group that cannot be divided."""

    def derive(self, excs: Any) -> Any:
        raise NoException


def _groups() -> BaseException:
    error: Exception = ValueError()
    for _ in range(5000):
        error = ExceptionGroup("group", [error])
    return error


@pytest.mark.parametrize(
    "make",
    [
        *(lambda: ProcessExit(Refuses(0)), lambda: ProcessExit(Refuses(1))),
        lambda: ProcessExit(Refuses(2)),
        lambda: Undivided("group", [ProcessExit("a"), ValueError()]),
        _groups,
    ],
)
@pytest.mark.usefixtures("_silence")
@process_test
async def test_whatever_a_process_raises_its_end_is_told(make: Any) -> None:
    trap_exit(True)

    def body() -> None:
        raise make()

    pid = spawn_link(body)
    aquavit.register(pid, "named")
    aquavit.monitor(pid)
    aquavit.monitor(pid)
    await settled()
    assert sorted(type(each).__name__ for each in flush()) == ["Down", "Down", "Exit"]
    assert aquavit.whereis("named") is None
    await served()


class NoAnswer:
    """A reason that is equal to nothing, and to nothing not."""

    def __eq__(self, other: object) -> bool:
        raise ValueError("ambiguous")

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("reason", [NoAnswer(), (NoAnswer(), 1)])
@pytest.mark.usefixtures("_silence")
@process_test
async def test_a_reason_need_not_be_comparable(reason: Any) -> None:
    def body() -> None:
        raise ProcessExit(reason)

    pid, ref = spawn_monitor(body)
    assert type((await receive(Down(ref, pid, ...))).reason) is type(reason)
    started = aquavit.Task.start(body)
    ref = aquavit.monitor(started)
    assert type((await receive(Down(ref, started, ...))).reason) in (type(reason), str)
    await served()


@process_test
async def test_a_message_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(RecursionError, match="nested some hundred levels deep at most"):
        send(self(), _deep())
    assert flush() == []


@pytest.mark.parametrize("made", ["itself", "deep", "of tuples", "of more tuples than fit"])
@process_test
async def test_a_pattern_that_is_nested_too_deeply_is_refused(made: str) -> None:
    pattern: Any = []
    if made == "itself":
        pattern.append(pattern)
    elif made == "deep":
        pattern = _deep()
    else:
        for _ in range(100 if made == "of tuples" else 1_000_000):
            pattern = (pattern,)
    with pytest.raises(ValueError, match="at most 100 levels"):
        await receive(pattern, timeout=0)
    with pytest.raises(ValueError, match="at most 100 levels"):
        await receive(pattern)


@process_test
async def test_a_pattern_may_have_a_hundred_levels() -> None:
    pattern: Any = "inside"
    for _ in range(100):
        pattern = (pattern,)
    for _ in range(3):
        send(self(), pattern)
        assert await receive(pattern) == pattern


class Handler(logging.Handler):
    """Asks the package for the current process while a crash is being logged."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[object] = []

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.asked.append(self_of_caller())
        except NotInProcess as error:
            self.asked.append(type(error))


def self_of_caller() -> Pid[Any]:
    return self()


@pytest.fixture(name="_silence")
def drop_reports() -> Iterator[None]:
    logger = logging.getLogger("aquavit")
    logger.addFilter(_nothing)
    yield
    logger.removeFilter(_nothing)


def _nothing(record: logging.LogRecord) -> bool:
    return False


@process_test
async def test_there_is_no_current_process_while_a_crash_is_logged() -> None:
    handler = Handler()
    logger = logging.getLogger("aquavit")
    logger.addHandler(handler)
    propagate, logger.propagate = logger.propagate, False
    try:
        await died(spawn(lambda: 1 / 0))
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate
    assert handler.asked == [NotInProcess]
    assert aquavit.processes() == [self()]


@pytest.mark.parametrize("cls", [Pid, Ref, Alias])
def test_an_identity_is_not_made_by_a_call(cls: type) -> None:
    with pytest.raises(TypeError, match=f"{cls.__name__}: expected to be made by"):
        cls()


class Yielded:
    """Is no future, and says so by raising."""

    def __init__(self, fails: str) -> None:
        self._asyncio_future_blocking = True if fails == "get_loop" else None

    def __repr__(self) -> str:
        raise LookupError("repr")

    def get_loop(self) -> object:
        """Fail."""
        raise LookupError("get_loop")

    def __await__(self) -> Any:
        yield self


class Reluctant(asyncio.Future[None]):
    """A future that does not take callbacks."""

    def add_done_callback(self, *args: Any, **kwargs: Any) -> None:
        """Fail."""
        raise LookupError("add_done_callback")


@pytest.mark.parametrize(
    "make", [lambda: Yielded("repr"), lambda: Yielded("get_loop"), lambda: Reluctant()]
)
@pytest.mark.usefixtures("_silence")
@process_test
async def test_what_cannot_be_awaited_is_the_processes_own_failure(make: Any) -> None:
    async def body() -> None:
        await make()

    def plain() -> None:
        aquavit.wait(make())

    for fn in (body, plain):
        pid, ref = spawn_monitor(fn)
        assert isinstance((await receive(Down(ref, pid, ...))).reason, LookupError)
    await served()


@process_test
async def test_methods_of_methods_without_end_are_refused() -> None:
    method: Any = len
    for _ in range(100_000):
        method = types.MethodType(len, method)
    with pytest.raises(RecursionError, match="nested some hundred levels deep at most"):
        send(self(), method)
    while isinstance(method, types.MethodType):
        method = method.__self__  # one by one: all at once would overflow the stack
