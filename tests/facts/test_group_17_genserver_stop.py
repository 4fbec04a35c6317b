"""Group 17: GenServer, terminate and stop."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

import aquavit
from aquavit import (
    AlreadyStarted,
    CallError,
    CallTimeout,
    Down,
    Exit,
    GenServer,
    NoProcess,
    Pid,
    ProcessExit,
    ServerExit,
    Stop,
    flush,
    is_alive,
    kill,
    receive,
    self,
    send,
    sleep,
    spawn,
    system,
    trap_exit,
)
from aquavit.core.names import Address
from tests.clock import VirtualClock
from tests.support import died, end, idle, info, process_test, settled


class Last(GenServer):
    """Tells `main` what `terminate` is given, and does `last` in it."""

    def init(self, main: Pid[Any], trap: bool = False, last: Any = None) -> None:
        """Keep them."""
        self.main, self.last = main, last
        trap_exit(trap)

    def handle_call(self, request: Any, from_: Any) -> Any:
        """Do it."""
        return request()

    def handle_cast(self, request: Any) -> Any:
        """Do it."""
        return request()

    def handle_info(self, message: Any) -> None:
        """Tell main."""
        send(self.main, ("info", message))

    def terminate(self, reason: Any) -> Any:
        """Tell main, then do the last thing."""
        send(self.main, ("terminate", reason))
        return None if self.last is None else self.last()


def _fail() -> None:
    raise RuntimeError("boom")


def _leave() -> None:
    raise ProcessExit("left")


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (lambda: Stop("normal"), "normal"),
        (lambda: Stop("odd"), "odd"),
        (_leave, "left"),
        (lambda: "bad", ("bad_return_value", "bad")),
    ],
)
def test_fact_200_terminate_runs(act: Any, reason: Any) -> None:
    @process_test
    async def check() -> None:
        pid = await Last.start(self())
        ref = aquavit.monitor(pid)
        GenServer.cast(pid, act)
        assert (await receive(Down(ref, ..., ...))).reason == reason
        assert flush() == [("terminate", reason)]

    check()


@process_test
async def test_fact_200_terminate_runs_after_an_exception_and_when_told_to_stop() -> None:
    pid = await Last.start(self())
    ref = aquavit.monitor(pid)
    GenServer.cast(pid, _fail)
    reason = (await receive(Down(ref, ..., ...))).reason
    assert isinstance(reason, RuntimeError)
    assert flush() == [("terminate", reason)]
    for stop in (GenServer.stop, system.terminate):
        pid = await Last.start(self())
        await stop(pid, "normal")
        assert flush() == [("terminate", "normal")]


@process_test
async def test_fact_200_terminate_runs_when_the_parent_exits_and_only_if_trapping() -> None:
    main = self()

    async def parent(trap: bool) -> None:
        send(main, await Last.start_link(main, trap))
        await receive("leave")
        raise ProcessExit("parent left")

    for trap, expected in ((True, [("terminate", "parent left")]), (False, [])):
        starter = spawn(parent, trap)
        pid = await receive(Pid)
        ref = aquavit.monitor(pid)
        send(starter, "leave")
        assert (await receive(Down(ref, ..., ...))).reason == "parent left"
        assert flush() == expected


@process_test
async def test_fact_200_terminate_does_not_run_for_kill_nor_for_an_untrapped_signal() -> None:
    for trap in (True, False):
        pid = await Last.start(self(), trap)
        kill(pid)
        assert await died(pid) == "killed"
    pid = await Last.start(self())
    aquavit.exit(pid, "odd")
    assert await died(pid) == "odd"
    assert flush() == []


@process_test
async def test_fact_201_an_exit_of_the_parent_ends_even_if_normal_another_is_a_message() -> None:
    main = self()

    async def parent() -> None:
        send(main, await Last.start_link(main, True))

    spawn(parent)
    pid = await receive(Pid)
    assert await died(pid) in ("normal", "noproc")
    assert flush() == [("terminate", "normal")]
    pid = await Last.start(main, True)
    other = spawn(idle)
    GenServer.cast(pid, lambda: aquavit.link(other) and None)
    await settled()
    kill(other)
    assert await receive() == ("info", Exit(other, "killed"))
    await end(pid)


@process_test
async def test_fact_202_a_server_without_link_is_its_own_parent() -> None:
    pid = await Last.start(self(), True)
    ref = aquavit.monitor(pid)
    GenServer.cast(pid, lambda: aquavit.exit(self(), "odd") and None)
    assert await receive(tuple) == ("terminate", "odd")
    assert (await receive(Down(ref, ..., ...))).reason == "odd"


@process_test
async def test_fact_203_the_normal_end_of_a_parent_does_not_end_a_server() -> None:
    main = self()

    async def parent() -> None:
        send(main, await Last.start_link(main))

    starter = spawn(parent)
    pid = await receive(Pid)
    assert await died(starter) in ("normal", "noproc")
    assert is_alive(pid)
    assert flush() == []
    await end(pid)


@process_test
async def test_fact_204_the_reason_after_a_callback() -> None:
    for act, reason in ((_leave, "left"), (lambda: 5, ("bad_return_value", 5))):
        pid = await Last.start(self())
        ref = aquavit.monitor(pid)
        GenServer.cast(pid, act)
        assert (await receive(Down(ref, ..., ...))).reason == reason
    flush()


@process_test
async def test_fact_205_an_exit_in_terminate_replaces_the_reason() -> None:
    for last, expected in ((_leave, "left"), (_fail, RuntimeError)):
        pid = await Last.start(self(), last=last)
        ref = aquavit.monitor(pid)
        GenServer.cast(pid, lambda: Stop("first"))
        reason = (await receive(Down(ref, ..., ...))).reason
        assert reason == expected or isinstance(reason, RuntimeError)
    assert flush() == [("terminate", "first")] * 2


@process_test
async def test_fact_206_stop_returns_when_the_server_has_ended() -> None:
    pid = await Last.start(self())
    assert await GenServer.stop(pid) is None
    assert not is_alive(pid)
    pid = await Last.start(self(), name="named")
    await GenServer.stop("named", ("shutdown", 1))
    assert await died(pid) == "noproc"
    assert flush() == [("terminate", "normal"), ("terminate", ("shutdown", 1))]


@process_test
async def test_fact_206_stop_fails() -> None:
    clock = VirtualClock()
    pid = await Last.start(self(), last=_leave)
    with pytest.raises(ServerExit) as failed:
        await GenServer.stop(pid)
    assert failed.value.reason == "left"
    with pytest.raises(NoProcess):
        await GenServer.stop(pid)
    with pytest.raises(CallError, match="cannot call itself"):
        await GenServer.stop(self())
    flush()

    async def linger() -> None:
        await sleep(10.0)

    pid = await Last.start(self(), last=linger)

    async def stop() -> None:
        with pytest.raises(CallTimeout, match=r"no reply within 0.5 s"):
            await GenServer.stop(pid, timeout=0.5)

    _, ref = aquavit.spawn_monitor(stop)
    await clock.advance(1.0)
    assert (await receive(Down(ref, ..., ...))).reason == "normal"
    assert is_alive(pid)
    await clock.advance(10.0)
    assert await died(pid) == "noproc"
    flush()


@process_test
async def test_fact_207_what_terminate_returns_is_ignored() -> None:
    async def last() -> str:
        await sleep(0)
        return "ignored"

    for each in (last, lambda: Stop("other"), lambda: 5):
        pid = await Last.start(self(), last=each)
        await GenServer.stop(pid)
    assert flush() == [("terminate", "normal")] * 3


class Own(Address):
    """A Via of one's own, which notes what it is asked."""

    table: ClassVar[dict[str, Any]] = {}
    asked: ClassVar[list[str]] = []

    def __init__(self, key: str) -> None:
        self.key = key

    def whereis(self) -> Any:
        """Return who has the key."""
        self.asked.append("whereis")
        return self.table.get(self.key)

    def register(self, pid: Any) -> Any:
        """Give it the key, unless somebody has it."""
        self.asked.append("register")
        holder = self.table.setdefault(self.key, pid)
        return None if holder == pid else holder


@process_test
async def test_fact_208_a_stopping_server_leaves_its_via_alone() -> None:
    Own.table.clear()
    Own.asked.clear()
    pid = await Last.start(self(), name=Own("k"))
    with pytest.raises(AlreadyStarted) as failed:
        await Last.start(self(), name=Own("k"))
    assert failed.value.pid == pid
    await GenServer.stop(pid)
    assert Own.asked == ["register", "register"]
    assert Own.table == {"k": pid}
    flush()


@process_test
async def test_fact_209_calls_and_casts_ask_the_via() -> None:
    Own.table.clear()
    pid = await Last.start(self(), name=Own("k"))
    Own.asked.clear()
    assert await GenServer.call(Own("k"), lambda: "called") == "called"
    assert GenServer.cast(Own("k"), lambda: None) is None
    assert Own.asked == ["whereis", "whereis"]
    assert GenServer.cast(Own("none"), lambda: None) is None
    with pytest.raises(NoProcess):
        await GenServer.call(Own("none"), lambda: "called")
    await end(pid)


@process_test
async def test_fact_210_child_spec() -> None:
    spec = Last.child_spec(1, 2)
    assert (spec.id, spec.start) == ("Last", (Last.start_link, 1, 2))
    assert (spec.restart, spec.shutdown, spec.type) == ("permanent", 5.0, "worker")
    spec = Last.child_spec(1, id="x", restart="transient", shutdown=None, name="reg")
    assert (spec.id, spec.restart, spec.shutdown) == ("x", "transient", None)
    assert spec.kwargs == (("name", "reg"),)
    with pytest.raises(ValueError, match="restart"):
        Last.child_spec(restart="sometimes")
    assert info(self()).links == ()
