"""Group 24: :sys, here `system`."""

from __future__ import annotations

from typing import Any

import pytest

import aquavit
from aquavit import (
    CallTimeout,
    Down,
    GenServer,
    NoProcess,
    Pid,
    Reply,
    Timeout,
    call,
    cast,
    flush,
    receive,
    self,
    send,
    spawn,
    spawn_monitor,
    system,
)
from tests.clock import VirtualClock
from tests.support import died, end, idle, info, process_test, settled


class Counter(GenServer):
    """Counts, and tells `main` of messages and of its end."""

    def init(self, main: Pid[Any], value: int = 0) -> None:
        """Begin with `value`."""
        self.main, self.value = main, value

    @call
    def get(self) -> int:
        """Return it."""
        return self.value

    @cast
    def add(self, amount: int) -> None:
        """Add."""
        self.value += amount

    @call
    def soon(self, seconds: float) -> Reply[str]:
        """Ask for a timeout."""
        return Reply("ok", then=Timeout(seconds))

    def handle_info(self, message: Any) -> None:
        """Tell."""
        send(self.main, message)

    def terminate(self, reason: Any) -> None:
        """Tell."""
        send(self.main, ("terminate", reason))


@process_test
async def test_fact_298_get_state_and_replace_state_also_while_suspended() -> None:
    pid = await Counter.start(self(), 7)
    assert await system.get_state(pid) == {"main": self(), "value": 7}
    new = await system.replace_state(pid, lambda state: {**state, "value": 8})
    assert new["value"] == 8
    assert await Counter.get(pid) == 8
    await system.suspend(pid)
    assert (await system.get_state(pid))["value"] == 8
    await system.replace_state(pid, lambda state: {**state, "value": 9})
    await system.resume(pid)
    assert await Counter.get(pid) == 9
    await end(pid)


@process_test
async def test_fact_298_the_state_is_a_copy() -> None:
    pid = await Counter.start(self(), 7)
    state = await system.get_state(pid)
    state["value"] = 1000
    assert await Counter.get(pid) == 7
    await end(pid)


@process_test
async def test_fact_298_a_raising_replace_function_leaves_the_state_alone() -> None:
    pid = await Counter.start(self(), 7)

    def fail(state: Any) -> Any:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await system.replace_state(pid, fail)
    for bad in (5, None, "text"):
        with pytest.raises((TypeError, ValueError)):
            await system.replace_state(pid, lambda state, bad=bad: bad)
    assert await Counter.get(pid) == 7
    await end(pid)


@process_test
async def test_fact_299_a_suspended_server_lets_messages_queue() -> None:
    clock = VirtualClock()
    pid = await Counter.start(self())
    await system.suspend(pid)
    Counter.add(pid, 1)
    send(pid, "hello")

    async def ask() -> None:
        with pytest.raises(CallTimeout):
            await Counter.get.within(0.5)(pid)

    _, ref = spawn_monitor(ask)
    await clock.advance(1.0)
    assert (await receive(Down(ref, ..., ...))).reason == "normal"
    assert flush() == []
    await system.suspend(pid)
    await system.resume(pid)
    assert await Counter.get(pid) == 1
    assert flush() == ["hello"]
    await end(pid)


@process_test
async def test_fact_299_a_suspended_server_that_traps_ends_with_its_parent() -> None:
    main = self()

    class Trapping(Counter):
        def init(self, main: Pid[Any], value: int = 0) -> None:
            super().init(main, value)
            aquavit.trap_exit(True)

    async def parent() -> None:
        pid = await Trapping.start_link(main)
        await system.suspend(pid)
        send(main, pid)

    spawn(parent)
    pid = await receive(Pid)
    assert await died(pid) in ("normal", "noproc")
    assert flush() == [("terminate", "normal")]


@process_test
async def test_fact_299_to_look_at_a_server_does_not_end_its_timeout() -> None:
    clock = VirtualClock()
    pid = await Counter.start(self())
    await Counter.soon(pid, 0.5)
    assert (await system.get_state(pid))["value"] == 0
    await system.suspend(pid)
    await clock.advance(1.0)
    assert flush() == []
    await system.resume(pid)
    await clock.advance(1.0)
    assert flush() == ["timeout"]
    await end(pid)


@process_test
async def test_fact_301_trace_shows_messages_and_replies() -> None:
    pid = await Counter.start(self(), 7)
    await system.trace(pid, 3, to=self())
    Counter.add(pid, 1)
    assert await Counter.get(pid) == 8
    await Counter.get(pid)
    events = [event for _, server, event in flush() if server == pid]
    assert [event[0] for event in events] == ["in", "in", "out"]
    assert events[2] == ("out", 8, self())
    await system.trace(pid, 5, to=self())
    await system.trace(pid, 0)
    await Counter.get(pid)
    assert flush() == []
    await end(pid)


@process_test
async def test_fact_301_trace_prints_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    pid = await Counter.start(self(), 7)
    await system.trace(pid, 2)
    await Counter.get(pid)
    shown = capsys.readouterr().err.splitlines()
    assert shown == [
        f"*DBG* {pid!r} in get() from {self()!r}",
        f"*DBG* {pid!r} out 7 to {self()!r}",
    ]
    await end(pid)


@process_test
async def test_fact_301_statistics_count() -> None:
    pid = await Counter.start(self())
    assert await system.statistics(pid) is None
    await system.statistics(pid, True)
    Counter.add(pid, 1)
    await Counter.get(pid)
    figures = await system.statistics(pid)
    assert figures is not None
    assert (figures.messages_in, figures.messages_out) == (2, 1)
    assert figures.reductions > 0
    assert figures.now >= figures.started_at
    await system.statistics(pid, False)
    assert await system.statistics(pid) is None
    await end(pid)


@process_test
async def test_fact_302_terminate_runs_terminate_and_ends_with_the_reason() -> None:
    pid = await Counter.start(self())
    ref = aquavit.monitor(pid)
    await system.terminate(pid, ("shutdown", "why"))
    assert flush() == [("terminate", ("shutdown", "why")), Down(ref, pid, ("shutdown", "why"))]


@process_test
async def test_fact_302_a_dead_target_and_one_that_does_not_speak_the_protocol() -> None:
    clock = VirtualClock()
    pid = await Counter.start(self())
    await end(pid)
    with pytest.raises(NoProcess):
        await system.get_state(pid)
    plain = spawn(idle)

    async def ask() -> None:
        with pytest.raises(CallTimeout):
            await system.get_state(plain, timeout=0.5)

    _, ref = spawn_monitor(ask)
    await clock.advance(1.0)
    assert (await receive(Down(ref, ..., ...))).reason == "normal"
    await end(plain)
    flush()


@process_test
async def test_fact_303_get_status() -> None:
    pid = await Counter.start(self(), 7)
    status = await system.get_status(pid)
    assert (status.pid, status.status, status.parent) == (pid, "running", pid)
    assert status.module.endswith("Counter")
    assert status.state["value"] == 7
    assert status.dictionary["$ancestors"] == [self()]
    await system.suspend(pid)
    assert (await system.get_status(pid)).status == "suspended"
    await end(pid)
    await settled()
    assert info(self()).monitors == ()


@process_test
async def test_fact_300_a_suspended_server_is_given_the_state_of_new_code() -> None:
    # There is no change_code: what it does to the state is done by replace_state.
    pid = await Counter.start(self(), 7)
    await system.suspend(pid)
    Counter.add(pid, 1)
    await system.replace_state(pid, lambda state: {**state, "value": state["value"] * 10})
    await system.resume(pid)
    assert (await system.get_state(pid))["value"] == 71
    await end(pid)
