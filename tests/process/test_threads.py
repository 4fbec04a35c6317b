"""Other threads: what they may call, from_thread, and two runtimes in one program."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import aquavit
from aquavit import (
    Down,
    NoProcess,
    NotInProcess,
    Pid,
    ProcessExit,
    alias,
    flush,
    from_thread,
    is_alive,
    kill,
    monitor,
    process_info,
    receive,
    register,
    self,
    send,
    share,
    sleep,
    spawn,
    spawn_monitor,
    trap_exit,
    unalias,
    unregister,
    whereis,
)
from tests.support import end, idle, loop_factory, process_test, settled


def thread(fn: Callable[..., Any], *args: Any) -> Any:
    """Run `fn(*args)` in another thread; await the result."""
    return asyncio.to_thread(fn, *args)


# --- messages


@process_test
async def test_a_thread_sends_to_a_pid_a_name_and_an_alias() -> None:
    pid, through = self(), alias()
    register(pid, "main")
    for dest in (pid, "main", ("main", aquavit.node()), through):
        await thread(send, dest, [1])
        assert await receive(timeout=2.0) == [1]
    with pytest.raises(NoProcess, match="nobody"):
        await thread(send, "nobody", 1)
    unregister("main")
    unalias(through)


@process_test
async def test_what_a_thread_sends_is_copied_when_it_is_sent() -> None:
    pid, data = self(), [1]

    def work() -> None:
        send(pid, data)
        data.append(2)

    await thread(work)
    assert await receive(timeout=2.0) == [1]


@process_test
async def test_many_threads_that_flood_one_process_lose_and_reorder_nothing() -> None:
    pid = self()
    threads, messages = 8, 1000

    def flood(number: int) -> None:
        for count in range(messages):
            send(pid, (number, count))

    with ThreadPoolExecutor(threads) as pool:
        for number in range(threads):
            pool.submit(flood, number)
        got = [await receive() for _ in range(threads * messages)]
    assert flush() == []
    for number in range(threads):
        assert [count for who, count in got if who == number] == list(range(messages))


@process_test
async def test_a_thread_wakes_a_process_that_waits_with_a_guard() -> None:
    pid = self()
    wanted = asyncio.create_task(thread(lambda: [send(pid, number) for number in range(9)]))
    assert await receive(lambda number: number > 7, timeout=2.0) == 8
    await wanted
    assert flush() == list(range(8))


@process_test
async def test_a_busy_runtime_lets_threads_run() -> None:
    async def spin() -> None:
        while True:
            await sleep(0)

    spinning = [spawn(spin) for _ in range(2)]
    async with asyncio.timeout(10):
        for _ in range(10):
            assert await thread(int) == 0
    await end(*spinning)


# --- exits and inspection


@process_test
async def test_a_thread_ends_processes() -> None:
    for act, reason in ((kill, "killed"), (lambda pid: aquavit.exit(pid, ["r"]), ["r"])):
        pid, ref = spawn_monitor(idle)
        assert await thread(act, pid) is True
        assert (await receive(Down(ref, pid, ...), timeout=2.0)).reason == reason


@process_test
async def test_an_exit_signal_of_a_thread_has_no_sender() -> None:
    trap_exit(True)
    await thread(aquavit.exit, self(), "reason")
    assert await receive(timeout=2.0) == aquavit.Exit(None, "reason")


@process_test
async def test_a_thread_looks_at_processes_and_names() -> None:
    pid = self()
    register(pid, "main")
    assert await thread(whereis, "main") == pid
    assert await thread(aquavit.registered) == ["main"]
    assert await thread(is_alive, pid) is True
    assert await thread(aquavit.processes) == [pid]
    found = await thread(process_info, pid)
    assert found.name == "main"
    other = spawn(idle)
    assert await thread(register, other, "other") is True
    assert await thread(unregister, "other") is True
    unregister("main")
    await end(other)


@pytest.mark.parametrize(
    "call",
    [
        *(self, lambda: receive().send(None), flush, lambda: spawn(idle)),
        *(alias, lambda: monitor("name"), lambda: trap_exit(True), aquavit.process_dict),
        *(lambda: aquavit.send_after("name", 1, 1), lambda: aquavit.set_label(1)),
    ],
    ids=range(10),
)
@process_test
async def test_what_needs_a_process_says_so_in_a_thread(call: Callable[[], object]) -> None:
    with pytest.raises(NotInProcess, match=r"expected a current process, got thread '.+'"):
        await thread(call)


# --- from_thread


@process_test
async def test_from_thread_returns_what_the_function_returns() -> None:
    async def work(number: int) -> tuple[int, bool]:
        await sleep(0)
        return number + 1, is_alive(self())

    assert await thread(from_thread.call, work, 1) == (2, True)
    assert await thread(from_thread.call, max, 1, 2) == 2
    await settled()


@process_test
async def test_from_thread_raises_what_the_function_raises() -> None:
    def fail() -> None:
        raise KeyError("k")

    with pytest.raises(KeyError, match="k"):
        await thread(from_thread.call, fail)


@process_test
async def test_from_thread_copies_the_arguments() -> None:
    items = [1]

    def work(own: list[int]) -> list[int]:
        own.append(2)
        items.append(3)
        return own

    assert await thread(from_thread.call, work, items) == [1, 2]
    assert items == [1]
    with pytest.raises(TypeError, match="can be copied"):
        await thread(from_thread.call, print, (each for each in items))


@process_test
async def test_from_thread_kills_the_process_when_the_time_is_over() -> None:
    main = self()

    async def work() -> None:
        send(main, self())
        await sleep(None)

    with pytest.raises(TimeoutError, match=r"from_thread\.call: no result within 0\.05 s"):
        await thread(lambda: from_thread.call(work, timeout=0.05))
    pid = await receive(Pid, timeout=2.0)
    await settled()
    assert not is_alive(pid)


@process_test
async def test_from_thread_raises_the_timeout_of_the_function_as_it_is() -> None:
    async def work() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        await thread(lambda: from_thread.call(work, timeout=5.0))


@process_test
async def test_from_thread_raises_process_exit_when_the_process_is_ended() -> None:
    async def leave(reason: str) -> None:
        raise ProcessExit(reason)

    for work, reason in ((lambda: kill(self()), "killed"), (lambda: leave("r"), "r")):
        with pytest.raises(ProcessExit) as caught:
            await thread(from_thread.call, work)
        assert caught.value.reason == reason


@process_test
async def test_from_thread_is_refused_on_the_thread_of_the_runtime() -> None:
    with pytest.raises(RuntimeError, match="expected to be called from another thread"):
        from_thread.call(max, 1, 2)


def test_from_thread_without_a_runtime_says_so() -> None:
    with pytest.raises(NotInProcess, match=r"expected one running runtime .* got 0"):
        from_thread.call(max, 1, 2)


@pytest.mark.parametrize("stage", ["before it starts", "while it runs"])
def test_from_thread_does_not_hang_when_the_runtime_stops(stage: str) -> None:
    raised: list[object] = []
    called = threading.Event()

    def ask(runs: Any) -> None:
        try:
            called.set()
            from_thread.call(runs)
        except (ProcessExit, NotInProcess) as error:
            raised.append(error)

    async def main() -> None:
        worker = threading.Thread(target=ask, args=(idle,))
        workers.append(worker)
        worker.start()
        if stage == "while it runs":
            while len(aquavit.processes()) < 2:
                await sleep(0)
        else:
            called.wait()

    workers: list[threading.Thread] = []
    aquavit.run(main, loop_factory=loop_factory())
    workers[0].join(10)
    assert not workers[0].is_alive()
    assert len(raised) == 1
    if stage == "while it runs":
        assert str(raised[0]) == "exited with reason 'shutdown'"


def test_a_call_that_comes_while_the_runtime_stops_is_told() -> None:
    reasons: list[object] = []

    async def cleans_up(parent: aquavit.Pid, reasons: list[object]) -> None:
        try:
            send(parent, "ready")
            await receive()
        finally:
            try:
                await asyncio.to_thread(from_thread.call, idle)
            except ProcessExit as error:
                reasons.append(error.reason)

    async def main() -> None:
        spawn(cleans_up, self(), share(reasons))
        await receive("ready")

    aquavit.run(main, loop_factory=loop_factory())
    assert reasons == ["shutdown"]


def test_a_call_that_a_closed_loop_has_kept_is_told() -> None:
    loop = asyncio.new_event_loop()
    kept: list[object] = []
    reasons: list[object] = []
    closed = threading.Event()
    wake = loop.call_soon_threadsafe

    def close_and_keep(*args: Any) -> None:
        kept.append(args)  # as asyncio's does that is closed just after it has looked
        wake(loop.stop)
        assert closed.wait(10)

    def ask() -> None:
        with pytest.raises(ProcessExit) as caught:
            from_thread.call(idle)
        reasons.append(caught.value.reason)

    async def main() -> None:
        assert is_alive(self())  # from here on the loop has a runtime

    worker = threading.Thread(target=ask)
    loop.run_until_complete(main())
    loop.call_soon_threadsafe = close_and_keep  # type: ignore[method-assign, assignment]
    loop.call_soon(worker.start)
    loop.run_forever()
    loop.close()
    closed.set()
    worker.join(10)
    assert kept
    assert reasons == ["shutdown"]


def test_a_call_that_the_loop_never_came_to_ends_with_it() -> None:
    loop = asyncio.new_event_loop()
    reasons: list[object] = []
    posted = threading.Event()
    post = loop.call_soon_threadsafe

    def post_and_tell(*args: Any, **options: Any) -> Any:
        handle = post(*args, **options)
        posted.set()
        return handle

    def ask() -> None:
        with pytest.raises(ProcessExit) as caught:
            from_thread.call(idle)
        reasons.append(caught.value.reason)

    def stop_when_asked() -> None:
        worker.start()
        posted.wait(10)
        loop.stop()

    async def main() -> None:
        assert is_alive(self())  # from here on the loop has a runtime

    worker = threading.Thread(target=ask)
    loop.run_until_complete(main())
    loop.call_soon_threadsafe = post_and_tell  # type: ignore[method-assign]
    loop.call_soon(stop_when_asked)
    loop.run_forever()
    loop.close()  # what it has not called is gone
    worker.join(10)
    assert reasons == ["shutdown"]


# --- two runtimes


def in_thread(main: Callable[..., Any], *args: Any) -> threading.Thread:
    """Run a second runtime in a thread of its own."""
    worker = threading.Thread(target=lambda: aquavit.run(main, *args, loop_factory=loop_factory()))
    worker.start()
    return worker


@process_test
async def test_two_runtimes_talk() -> None:
    async def echo(caller: Pid[Any]) -> None:
        send(caller, self())
        for _ in range(200):
            send(caller, ("echo", await receive()))

    worker = in_thread(echo, self())
    other = await receive(Pid, timeout=5.0)
    for number in range(200):
        send(other, [number])
        assert await receive(timeout=5.0) == ("echo", [number])
    await thread(worker.join)
    send(other, "to the dead")
    assert kill(other) is True
    assert aquavit.exit(other, "reason") is True
    assert not is_alive(other)


@process_test
async def test_what_would_change_a_process_of_another_loop_is_refused() -> None:
    worker = in_thread(lambda caller: send(caller, self()) and receive("end"), self())
    other = await receive(Pid, timeout=5.0)
    for act in (aquavit.link, monitor, lambda pid: aquavit.send_after(pid, 1, 1)):
        with pytest.raises(ValueError, match="of this event loop"):
            act(other)
    with pytest.raises(ValueError, match="belongs to another event loop"):
        register(other, "other")
    assert (await thread(_the_runtimes)).startswith("whereis: expected one running runtime")
    send(other, "end")
    await thread(worker.join)


def _the_runtimes() -> str:
    with pytest.raises(NotInProcess) as caught:
        whereis("name")
    return str(caught.value)


def test_runtimes_in_several_threads_do_not_disturb_each_other() -> None:
    async def main() -> None:
        caller = self()
        for count in range(300):
            spawn(lambda count=count: send(caller, ("n", count)))
            got = await receive(lambda message, count=count: message == ("n", count))
            assert got == ("n", count)
            await sleep(0)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(3) as pool:
            runs = [
                pool.submit(lambda: aquavit.run(main, loop_factory=loop_factory()))
                for _ in range(3)
            ]
            for each in runs:
                each.result(timeout=15)
    finally:
        sys.setswitchinterval(before)
