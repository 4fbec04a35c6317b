"""Starting and stopping under attack: no process, name, link or message is left behind."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

import aquavit
from aquavit import (
    AlreadyStarted,
    CallTimeout,
    Down,
    GenServer,
    NotInProcess,
    Pid,
    ProcessExit,
    StartError,
    StartTimeout,
    Stop,
    exit,
    flush,
    is_alive,
    kill,
    monitor,
    processes,
    receive,
    self,
    send,
    sleep,
    spawn,
    spawn_monitor,
    trap_exit,
    whereis,
)
from aquavit.core.names import Address
from tests.clock import VirtualClock
from tests.support import died, end, idle, info, loop_factory, process_test, settled


class Slow(GenServer):
    """Waits in `init` until it is told to go on."""

    async def init(self, main: Pid[Any]) -> Any:
        """Wait."""
        send(main, ("in init", aquavit.self()))
        return await receive(("go", ...)) and None


async def _starting(start: Any, **options: Any) -> tuple[Pid[Any], Pid[Any]]:
    """Return a process that waits for a start, and the one that is being started."""
    main = self()

    async def starter() -> None:
        send(main, ("started", await start(main, **options)))

    child = spawn(starter)
    _, pid = await receive(("in init", Pid))
    return child, pid


# --- the starter's end

#: A process has its own copy of what it captures, but a module's variable is everybody's.
TASKS: list[asyncio.Task[Any]] = []


@pytest.mark.parametrize("way", ["kill", "exit"])
@process_test
async def test_start_link_ends_with_its_starter(way: str) -> None:
    starter, pid = await _starting(Slow.start_link, name="slow")
    stop = {"kill": kill, "exit": lambda pid: exit(pid, "odd")}[way]
    stop(starter)
    assert await died(pid) in ("killed", "odd", "noproc")
    assert whereis("slow") is None
    assert flush() == []


@process_test
async def test_start_goes_on_without_its_starter() -> None:
    starter, pid = await _starting(Slow.start)
    kill(starter)
    await died(starter)
    send(pid, ("go", 1))
    await settled()
    assert is_alive(pid)
    assert info(pid).monitored_by == ()
    await end(pid)


@pytest.mark.parametrize("start", [Slow.start, Slow.start_link])
@process_test
async def test_a_start_that_asyncio_cancels_is_taken_back(start: Any) -> None:
    main = self()
    trap_exit(True)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await start(main, name="slow")
    assert whereis("slow") is None
    assert processes() == [main]
    [(_, pid)] = flush()
    assert not is_alive(pid)
    trap_exit(False)


@pytest.mark.parametrize("start", [Slow.start, Slow.start_link])
@process_test
async def test_a_start_that_takes_too_long_leaves_nothing(start: Any) -> None:
    main = self()
    with pytest.raises(StartTimeout):
        await start(main, name="slow", timeout=0.01)
    assert whereis("slow") is None
    assert processes() == [main]
    await receive(("in init", Pid))
    assert flush() == []


@process_test
async def test_a_start_is_cancelled_when_the_server_is_ready() -> None:
    main = self()
    TASKS.clear()

    async def starter() -> None:
        task = asyncio.current_task()
        assert task is not None
        TASKS.append(task)
        with pytest.raises(asyncio.CancelledError):
            await Slow.start_link(main)
        trap_exit(False)
        await sleep(0)

    child, ref = spawn_monitor(starter)
    _, pid = await receive(("in init", Pid))
    send(pid, ("go", 1))
    TASKS[0].cancel()
    assert (await receive(Down(ref, child, ...))).reason == "normal"
    await settled()
    assert processes() == [main]


# --- the server's end, before it is ready


@pytest.mark.parametrize("way", ["kill", "exit"])
@pytest.mark.parametrize("start", [Slow.start, Slow.start_link])
@process_test
async def test_a_server_that_is_stopped_in_init(start: Any, way: str) -> None:
    main = self()

    async def starter() -> None:
        trap_exit(True)
        with pytest.raises(StartError) as failed:
            await start(main, name="slow")
        assert failed.value.reason == ("killed" if way == "kill" else "odd")
        assert flush() == []

    child, ref = spawn_monitor(starter)
    _, pid = await receive(("in init", Pid))
    {"kill": kill, "exit": lambda pid: exit(pid, "odd")}[way](pid)
    assert (await receive(Down(ref, child, ...))).reason == "normal"
    assert whereis("slow") is None


@process_test
async def test_what_init_has_started_ends_with_it() -> None:
    main = self()

    class Parent(GenServer):
        async def init(self) -> Any:
            send(main, aquavit.spawn_link(idle))
            await sleep(0)
            return Stop("no")

    with pytest.raises(StartError):
        await Parent.start()
    child = await receive(Pid)
    assert await died(child) in ("no", "noproc")


@process_test
async def test_a_timeout_kills_also_what_swallows_everything() -> None:
    class Stubborn(GenServer):
        async def init(self) -> None:
            while True:
                try:
                    await sleep(None)
                except (Exception, ProcessExit):
                    continue

    with pytest.raises(StartTimeout):
        await Stubborn.start(timeout=0.001, name="stubborn")
    await settled()
    assert whereis("stubborn") is None


@process_test
async def test_start_from_init_and_from_a_callback() -> None:
    main = self()

    class Inner(GenServer):
        def init(self) -> None:
            send(main, aquavit.self())

    class Outer(GenServer):
        async def init(self) -> None:
            self.inner = await Inner.start_link()

        async def handle_call(self, request: Any, from_: Any) -> Any:
            with pytest.raises(AlreadyStarted):
                await Outer.start(name="outer")
            return self.inner

    outer = await Outer.start_link(name="outer")
    inner = await receive(Pid)
    assert await GenServer.call(outer, "x") == inner
    await GenServer.stop(outer)
    await end(inner)


# --- wrong arguments


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"timeout": -1}, ValueError, "start: expected a timeout of 0 seconds or more, got -1"),
        ({"timeout": "1"}, TypeError, "start: expected a timeout in seconds or None, got '1'"),
        ({"timeout": True}, TypeError, "start: expected a timeout"),
        ({"timeout": float("nan")}, ValueError, "start: expected a timeout"),
        ({"name": 5}, TypeError, r"start: expected a name \(str\), a Via or None, got 5"),
        ({"name": ""}, ValueError, "expected a name that is not reserved, got ''"),
        ({"nonsense": 1}, TypeError, "nonsense"),
    ],
)
@process_test
async def test_wrong_options(options: Any, error: Any, text: str) -> None:
    main = self()
    for start in (Slow.start, Slow.start_link):
        with pytest.raises(error, match=text):
            await start(main, **options)
    assert processes() == [main]
    assert flush() == []


@process_test
async def test_wrong_arguments_of_init_are_raised() -> None:
    class Nothing(GenServer):
        pass

    with pytest.raises(TypeError, match="Nothing takes no arguments: it does not define init"):
        await Nothing.start(1)
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        await Slow.start()
    with pytest.raises(TypeError, match="expected data that can be copied"):
        await Slow.start(number for number in ())

    class Own(GenServer):
        def __init__(self, needed: int) -> None:
            self.needed = needed

    with pytest.raises(TypeError, match="needed"):
        await Own.start()


def test_start_outside_a_process() -> None:
    with pytest.raises(NotInProcess, match="start: expected a current process"):
        Slow.start(None).send(None)


@process_test
async def test_start_in_a_thread() -> None:
    said = await asyncio.to_thread(_start_in_thread)
    assert "start: expected a current process, got thread" in said


def _start_in_thread() -> str:
    try:
        Slow.start(None).send(None)
    except NotInProcess as error:
        return str(error)
    return "no error"


def test_start_from_an_adopted_task() -> None:
    class Ready(GenServer):
        pass

    async def main() -> None:
        pid = await Ready.start_link(name="ready")
        assert whereis("ready") == pid
        await GenServer.stop(pid)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await Slow.start(self())
        await settled()

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(main())


# --- Vias


class Picky(Address):
    """A Via that fails in the way it is told to."""

    def __init__(self, what: str) -> None:
        self.what = what

    def whereis(self) -> Any:
        """Fail."""
        raise KeyError(self.what)

    def register(self, pid: Any) -> Any:
        """Fail."""
        raise KeyError(self.what)


@process_test
async def test_a_via_that_fails_is_raised_in_the_starter() -> None:
    main = self()
    for start in (Slow.start, Slow.start_link):
        with pytest.raises(KeyError, match="no such table"):
            await start(main, name=Picky("no such table"))
    with pytest.raises(KeyError, match="lost"):
        await GenServer.call(Picky("lost"), "x")
    with pytest.raises(KeyError, match="lost"):
        GenServer.cast(Picky("lost"), "x")
    assert processes() == [main]


# --- stop


@process_test
async def test_stop_of_a_plain_process_waits() -> None:
    clock = VirtualClock()
    pid = spawn(idle)

    async def stop() -> None:
        with pytest.raises(CallTimeout):
            await GenServer.stop(pid, timeout=0.5)

    _, ref = spawn_monitor(stop)
    await clock.advance(1.0)
    assert (await receive(Down(ref, ..., ...))).reason == "normal"
    await end(pid)


@process_test
async def test_many_stops_at_once() -> None:
    class Ready(GenServer):
        pass

    pid = await Ready.start()
    main = self()

    async def stop() -> None:
        try:
            await GenServer.stop(pid)
        except Exception as error:
            send(main, type(error).__name__)
        else:
            send(main, "stopped")

    for _ in range(10):
        spawn(stop)
    assert {await receive(str) for _ in range(10)} == {"stopped"}


@process_test
async def test_stop_with_an_exception_as_the_reason() -> None:
    class Ready(GenServer):
        pass

    pid = await Ready.start()
    ref = monitor(pid)
    error = RuntimeError("because")
    await GenServer.stop(pid, error)
    reason = (await receive(Down(ref, ..., ...))).reason
    assert reason is error


@process_test
async def test_stop_of_a_server_that_dies_of_something_else_meanwhile() -> None:
    class Ready(GenServer):
        async def terminate(self, reason: Any) -> None:
            raise ProcessExit("other")

    pid = await Ready.start()
    with pytest.raises(aquavit.ServerExit) as failed:
        await GenServer.stop(pid, "reason")
    assert failed.value.reason == "other"


@process_test
async def test_threads_do_not_see_a_half_started_server() -> None:
    seen: list[Any] = []
    starter, pid = await _starting(Slow.start, name="slow")
    thread = threading.Thread(target=lambda: seen.append(whereis("slow")))
    thread.start()
    thread.join()
    assert seen == [pid]
    send(pid, ("go", 1))
    await died(starter)
    assert await receive() == ("started", pid)
    await end(pid)
