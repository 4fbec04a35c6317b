"""Supervised children, logs, traces, waiting: what a test uses besides assertions."""

from __future__ import annotations

import asyncio
import logging
import unittest
from typing import Any

import pytest

import aquavit
from aquavit import Down, GenServer, is_alive, receive, self, send, sleep, spawn
from aquavit.testing import (
    Leak,
    SimulationFailure,
    TestExit,
    TestTimeout,
    assert_receive,
    capture_log,
    check_leaks,
    eventually,
    process_test,
    settled,
    simulate,
    start_link_supervised,
    start_supervised,
    stop_supervised,
    trace,
)


class Teller(GenServer):
    """Tells a process of its start and its end."""

    def init(self, name: str, listener: Any) -> None:
        aquavit.trap_exit(True)
        self.name, self.listener = name, listener
        send(listener, ("up", name))

    def handle_cast(self, request: Any) -> None:
        raise ValueError(request)

    def terminate(self, reason: Any) -> None:
        send(self.listener, ("down", self.name, reason))


def test_supervised_children_stop_in_reverse_order() -> None:
    ends: list[Any] = []
    shared = aquavit.share(ends)

    async def listen(into: list[Any]) -> None:
        for _ in range(4):
            into.append(await receive())

    async def body() -> None:
        listener = spawn(listen, shared)
        await start_supervised((Teller, "first", listener), id=1)
        await start_supervised((Teller, "second", listener), id=2)

    process_test(body, leaks=False)()
    assert ends == [
        ("up", "first"),
        ("up", "second"),
        ("down", "second", "shutdown"),
        ("down", "first", "shutdown"),
    ]


@process_test
async def test_a_crash_of_a_supervised_child_does_not_reach_the_test() -> None:
    pid = await start_supervised((Teller, "a", self()))
    await assert_receive(("up", "a"))
    with capture_log() as log:
        GenServer.cast(pid, "now")
        await assert_receive(("up", "a"), timeout=1.0)
    assert "** (ValueError) now" in log
    assert not is_alive(pid)


def test_a_crash_of_a_linked_child_fails_the_test() -> None:
    async def body() -> None:
        pid = await start_link_supervised((Teller, "a", self()))
        GenServer.cast(pid, "now")
        await sleep(5.0)

    with capture_log(), pytest.raises(TestExit) as failure:
        process_test(body)()
    first, second, *_ = str(failure.value).splitlines()
    assert first.startswith("** (EXIT from #PID<")
    assert first.endswith("an exception was raised:")
    assert second.strip() == "** (ValueError) now"
    assert isinstance(failure.value.__cause__, ValueError)


@process_test
async def test_a_supervised_child_can_be_stopped() -> None:
    pid = await start_supervised((Teller, "a", self()))
    await stop_supervised(Teller)
    await assert_receive(("down", "a", "shutdown"))
    assert not is_alive(pid)
    with pytest.raises(LookupError, match="got 'Teller'\nthere are: none"):
        await stop_supervised("Teller")


@process_test
async def test_capture_log_leaves_other_handlers_their_records(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with capture_log(level=logging.WARNING) as log:
        logging.getLogger("shop").info("opened")
        logging.getLogger("shop").warning("closing %s", "soon")
    assert log.text == "[warning] closing soon"
    assert repr(log) == "<CapturedLog: [warning] closing soon>"
    assert [record.name for record in log.records] == ["shop"]
    assert "closing soon" in caplog.text


@process_test
async def test_eventually_waits_for_what_comes_true() -> None:
    found: list[int] = []

    def enough() -> bool:
        found.append(1)
        assert len(found) > 2, "too few"
        return len(found) > 3

    assert await eventually(enough, interval=0.0)
    with pytest.raises(AssertionError, match=r"come true within 0.01 s, but it raised never"):
        await eventually(_never, timeout=0.01)
    with pytest.raises(AssertionError, match="but it returned None"):
        await eventually(lambda: None, timeout=0.01)


def _never() -> None:
    raise AssertionError("never")


@process_test
async def test_settled_waits_until_all_wait() -> None:
    done: list[int] = []

    async def busy() -> None:
        for _ in range(50):
            await sleep(0)
        send("main", "done")

    aquavit.register(self(), "main")
    spawn(busy)
    await settled()
    done = aquavit.flush()
    assert done == ["done"]
    aquavit.unregister("main")


@process_test
async def test_settled_says_who_does_not_come_to_rest() -> None:
    async def busy() -> None:
        while True:
            await sleep(0)

    pid = aquavit.spawn_link(busy)
    with pytest.raises(AssertionError, match="expected the others to come to rest") as failure:
        await settled()
    _, who, place = str(failure.value).splitlines()
    assert who.startswith(f"    {pid!r}, running {__name__}.")
    # A busy machine may have taken it off the core at the head of its loop.
    assert place.partition("busy  |  ")[2] in ("await sleep(0)", "while True:")


@process_test
async def test_a_trace_shows_what_a_process_does() -> None:
    me = self()

    async def body() -> None:
        match await receive():
            case "go":
                send(me, "gone")
                spawn(lambda: None)
        await receive()

    pid = spawn(body)
    with trace(pid) as events:
        send(pid, "go")
        await assert_receive("gone")
        aquavit.exit(pid, "enough")
        await settled()
    kinds = [(event.kind, event.other) for event in events]
    child = events[2].other
    assert kinds == [
        ("receive", me),
        ("send", me),
        ("spawn", child),
        ("exit_signal", me),
        ("exit", None),
    ]
    assert [events[0].value, events[1].value, events[4].value] == ["go", "gone", "enough"]
    assert repr(events[0]) == f"<{pid!r} receive {me!r}: 'go'>"


def test_an_ordinary_program_cannot_be_traced() -> None:
    async def main() -> None:
        with trace(self()):
            pass

    with pytest.raises(RuntimeError, match="expected the runtime of a test"):
        aquavit.run(main, loop_factory=asyncio.new_event_loop)
    with pytest.raises(SimulationFailure, match="got a simulation, which traces all"):
        simulate(main)


def test_a_process_that_is_left_names_who_started_it() -> None:
    async def body() -> None:
        spawn(sleep, None, name="forgotten")

    with pytest.raises(Leak) as failure:
        process_test(body)()
    text = str(failure.value)
    assert "process #PID<" in text
    assert '("forgotten"), running ' in text
    assert "(the test)" in text
    assert failure.traceback[-1].name == "run_test", "the inside of the package is of no help"


def test_a_process_that_is_left_says_what_it_is_and_where_it_waits() -> None:
    async def worker() -> None:
        aquavit.set_label("job 7")
        await receive("never")

    async def body() -> None:
        await Teller.start("a", self())
        send(spawn(worker), "unwanted")

    with pytest.raises(Leak) as failure:
        process_test(body)()
    _, teller, job, place = str(failure.value).splitlines()
    assert f"running {__name__}.Teller, waiting; started by" in teller
    assert "labelled 'job 7'" in job
    assert "waiting; mailbox: 'unwanted'; started by" in job
    assert place.endswith('worker  |  await receive("never")')


def test_a_child_that_is_linked_may_stop_before_the_test_and_with_it() -> None:
    stopped: list[str] = []

    @process_test
    async def body() -> None:
        await start_link_supervised((Teller, "a", self()), id="a")
        await start_link_supervised((Teller, "b", self()), id="b")
        await stop_supervised("a")
        await assert_receive(("down", "a", "shutdown"))
        stopped.append("a")

    body()
    assert stopped == ["a"]


def test_what_is_linked_to_the_test_ends_with_it() -> None:
    async def body() -> None:
        aquavit.spawn_link(sleep, None)
        await Teller.start_link("a", self())

    process_test(body)()


def test_timers_and_names_and_monitors_are_leaks() -> None:
    async def timer() -> None:
        aquavit.send_after("nobody", "later", 60.0)

    async def name() -> None:
        aquavit.register(self(), "mine")

    async def monitor() -> None:
        aquavit.monitor(self())

    for body, text in (
        (timer, "timer to 'nobody' with the message 'later'"),
        (name, "name 'mine' of the test"),
        (monitor, "monitor of #PID<"),
    ):
        with pytest.raises(Leak, match=text):
            process_test(body)()
        process_test(body, leaks=False)()


def test_a_test_that_takes_too_long_says_where_all_wait() -> None:
    async def body() -> None:
        spawn(sleep, None)
        await receive("never")

    with pytest.raises(TestTimeout) as failure:
        process_test(body, timeout=0.02)()
    first, test, place, other = str(failure.value).splitlines()
    assert first == "test timed out after 0.02 s"
    assert test.endswith("(the test), waiting")
    assert place.endswith('body  |  await receive("never")')
    assert "sleep" in other


def test_a_test_that_never_waits_times_out_as_well() -> None:
    async def body() -> None:
        while True:
            pass

    with pytest.raises(TestTimeout, match=r"test timed out after 0\.05 s"):
        process_test(body, timeout=0.05)()


def test_each_run_has_a_runtime_of_its_own_and_its_seed() -> None:
    import random

    seen: list[Any] = []

    @process_test(seed=7)
    async def body() -> None:
        seen.append((len(aquavit.processes()), random.random()))

    body()
    body()
    assert seen[0] == seen[1]
    assert seen[0][0] == 1


@process_test
async def test_check_leaks_can_be_asked_for_in_between() -> None:
    pid, ref = aquavit.spawn_monitor(lambda: None)
    await receive(Down(ref, pid, ...))
    await check_leaks()


class UnittestCase(unittest.TestCase):
    @process_test
    async def test_a_method_runs_as_a_process(self) -> None:
        assert is_alive(aquavit.self())
        assert self.id().endswith("as_a_process")
