"""What gen_statem_SUITE checks of state machines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from aquavit import (
    HIBERNATE,
    IGNORE,
    AlreadyStarted,
    Call,
    CallTimeout,
    Cast,
    Down,
    EventTimeout,
    Exit,
    GenericTimeout,
    GenServer,
    GenStateMachine,
    KeepState,
    NextState,
    NoProcess,
    Pid,
    Registry,
    ReplyTo,
    ServerExit,
    StartError,
    StartTimeout,
    Stop,
    StopAndReply,
    Via,
    flush,
    is_alive,
    monitor,
    node,
    receive,
    self,
    send,
    spawn,
    spawn_monitor,
    state,
    system,
    trap_exit,
)
from tests.clock import VirtualClock
from tests.support import died, end, idle, process_test, settled

quiet = pytest.mark.usefixtures("no_reports")
call, cast = GenStateMachine.call, GenStateMachine.cast


def machine(first: Any, **states: Callable[..., Any]) -> type[GenStateMachine]:
    """Return a machine whose states are functions of itself and an event."""

    class Machine(GenStateMachine):
        def init(self) -> Any:
            return first

        def handle_event(self, state: Any, event: Any) -> Any:
            return states[state](self, event)

    return Machine


class Phone(GenStateMachine):
    """Idle until it is asked to connect; each state has a method."""

    def init(self, act: Callable[[], Any] | None = None) -> Any:
        return NextState("idle") if act is None else act()

    @state
    def idle(self, event: Any) -> Any:
        match event:
            case Cast(("connect", caller)):
                send(caller, "accept")
                return NextState("waiting", EventTimeout.after(30.0, "no answer"))
            case Call("connect", from_):
                return NextState("waiting", ReplyTo(from_, "accept"))
        return self.common(event)

    @state
    def waiting(self, event: Any) -> Any:
        match event:
            case Call("confirm", from_):
                return NextState("connected", ReplyTo(from_, "yes"))
            case Cast(("confirm", caller)):
                send(caller, "yes")
                return NextState("connected")
        return self.common(event)

    @state
    def connected(self, event: Any) -> Any:
        match event:
            case Cast(("disconnect", caller)):
                send(caller, "done")
                return NextState("idle")
            case Call("disconnect", from_):
                return NextState("idle", ReplyTo(from_, "done"))
        return self.common(event)

    def common(self, event: Any) -> Any:
        match event:
            case Call(("stop", reason), from_):
                return StopAndReply(reason, ReplyTo(from_, "stopped"))
            case Call(("after", seconds), from_):
                self.asked = from_
                return GenericTimeout.after("answer", seconds)
            case GenericTimeout("answer"):
                return ReplyTo(self.asked, "delayed")
            case Call(("return", value), from_):
                return value
            case Call(_, from_):
                return ReplyTo(from_, self.state)
        return None


async def works(address: Any) -> None:
    """Go once round by casts and once by calls."""
    for what, answer in (("connect", "accept"), ("confirm", "yes"), ("disconnect", "done")):
        cast(address, (what, self()))
        assert await receive() == answer
        assert await call(address, "state") in ("idle", "waiting", "connected")
    for what, answer in (("connect", "accept"), ("confirm", "yes"), ("disconnect", "done")):
        assert await call(address, what) == answer


def flat() -> type[GenStateMachine]:
    """Return the phone as a machine with one function for all states."""

    class Flat(GenStateMachine):
        def init(self, act: Callable[[], Any] | None = None) -> Any:
            return NextState("idle") if act is None else act()

        common = Phone.common

        def handle_event(self, state: Any, event: Any) -> Any:
            return getattr(Phone, state)(self, event)

    return Flat


KINDS = pytest.mark.parametrize("kind", [Phone, flat()], ids=["methods", "one function"])


@quiet
@KINDS
@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("named", ["not", "locally", "by a registry"])
@process_test
async def test_a_machine_is_started_used_and_stopped(kind: Any, linked: bool, named: str) -> None:
    trap_exit(True)
    registry = await Registry.start_link(keys="unique", name="reg")
    name: Any = {"not": None, "locally": "known", "by a registry": Via("reg", "known")}[named]
    for _ in range(2):  # the name can be had again
        pid = await (kind.start_link if linked else kind.start)(name=name)
        ref = monitor(pid)
        for address in (pid, name) if name is not None else (pid,):
            await works(address)
        if name is not None:
            for again in (kind.start, kind.start_link):
                with pytest.raises(AlreadyStarted) as taken:
                    await again(name=name)
                assert taken.value.pid == pid
        assert await call(name or pid, ("stop", ("shutdown", "reason"))) == "stopped"
        assert (await receive(Down(ref, ..., ...))).reason == ("shutdown", "reason")
        if linked:
            assert await receive(Exit) == Exit(pid, ("shutdown", "reason"))
        with pytest.raises(NoProcess):
            await call(pid, "hej")
        assert flush() == []
    await GenServer.stop(registry)
    flush()


@quiet
@KINDS
@process_test
async def test_a_machine_that_does_not_start(kind: Any) -> None:
    clock = VirtualClock()
    trap_exit(True)
    assert await kind.start(lambda: IGNORE) is None
    with pytest.raises(StartError, match="stopped"):
        await kind.start(lambda: Stop("stopped"))

    async def slow() -> None:
        with pytest.raises(StartTimeout):
            await kind.start(idle, timeout=0.005)

    _, ref = spawn_monitor(slow)
    await clock.advance(0.01)
    assert (await receive(Down(ref, ..., ...))).reason == "normal"
    pid = await kind.start(timeout=0.005)
    await works(pid)
    await end(pid)
    assert flush() == []


@quiet
@KINDS
@process_test
async def test_a_machine_is_stopped_by_every_kind_of_address(kind: Any) -> None:
    registry = await Registry.start_link(keys="unique", name="reg")
    via = Via("reg", "k")
    for name, address in ((None, None), ("n", "n"), ("n", ("n", node())), (via, via)):
        pid = await kind.start(name=name)
        with pytest.raises((TypeError, ValueError)):
            await kind.stop(address or pid, "other", timeout="soon")
        assert is_alive(pid)
        await kind.stop(address or pid, "other reason", timeout=None)
        assert not is_alive(pid)
        with pytest.raises(NoProcess):
            await kind.stop(address or pid)
    await GenServer.stop(registry)


@quiet
@KINDS
@process_test
async def test_a_call_of_a_machine_may_be_too_late(kind: Any) -> None:
    clock = VirtualClock()
    pid = await kind.start()

    async def impatient() -> None:
        assert await call(pid, ("after", 0.1), 2.0) == "delayed"
        with pytest.raises(CallTimeout):
            await call(pid, ("after", 2.0), 0.1)
        await receive("over")
        assert flush() == []

    other, ref = spawn_monitor(impatient)
    await clock.advance(3.0)
    send(other, "over")
    assert (await receive(Down(ref, ..., ...))).reason == "normal"
    await kind.stop(pid)


BAD = {
    "a value": ("badreturn", "bad_return_from_state_function"),
    "an action": (KeepState("badaction"), "bad_action_from_state_function"),  # type: ignore
    "a timeout": (KeepState(("badtimeout", 4711)), "bad_action_from_state_function"),
}


@quiet
@KINDS
@pytest.mark.parametrize("what", list(BAD))
@process_test
async def test_what_a_state_may_not_return(kind: Any, what: str) -> None:
    trap_exit(True)
    pid = await kind.start_link()
    value, cause = BAD[what]
    with pytest.raises(ServerExit) as failed:
        await call(pid, ("return", value))
    assert failed.value.reason[0] == cause
    assert await receive() == Exit(pid, failed.value.reason)
    assert flush() == []


@quiet
@KINDS
@process_test
async def test_a_suspended_machine_answers_when_it_goes_on(kind: Any) -> None:
    pid = await kind.start()
    test = self()

    async def asks() -> None:
        send(test, await call(pid, "hej"))

    await system.suspend(pid)
    assert (await system.get_status(pid)).status == "suspended"
    spawn(asks)
    await settled()
    assert flush() == []
    assert (await system.get_state(pid))[0] == "idle"
    changed = await system.replace_state(pid, lambda both: ("connected", {"more": 1}))
    assert changed == ("connected", {"more": 1})
    await system.resume(pid)
    assert await receive() == "connected"
    with pytest.raises(RuntimeError, match="fail"):
        await system.replace_state(pid, _fail)
    assert await system.get_state(pid) == ("connected", {"more": 1})
    await kind.stop(pid)


def _fail(_: Any) -> Any:
    raise RuntimeError("fail")


@process_test
async def test_the_state_is_shaped_where_it_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    class Shaped(Phone):
        def format_status(self, reason: str, state: Any) -> Any:
            return ("formatted", reason, state[0])

        def terminate(self, reason: Any) -> None:
            if reason == "crash":
                raise RuntimeError("in terminate")

    for name in (None, "known"):
        pid = await Shaped.start(name=name)
        assert (await system.get_status(name or pid)).state == ("formatted", "normal", "idle")
        with pytest.raises(ServerExit):
            await call(pid, ("return", "badreturn"))
        assert "State: ('formatted', 'terminate', 'idle')" in caplog.text
        caplog.clear()
    pid = await Shaped.start()
    with pytest.raises(ServerExit):
        await GenStateMachine.stop(pid, "crash")
    assert "in terminate" in caplog.text
    assert "State: ('formatted', 'terminate', 'idle')" in caplog.text


@quiet
@KINDS
@process_test
async def test_a_machine_waits_after_hibernate_as_it_would_without(kind: Any) -> None:
    pid = await kind.start(lambda: NextState("idle", HIBERNATE))
    await settled()
    await works(pid)
    await kind.stop(pid)


class Undefined(GenStateMachine):
    """Calls what is not there, where it ends."""

    def init(self) -> Any:
        return NextState("start")

    def handle_event(self, state: Any, event: Any) -> None:
        """Take any event."""

    def terminate(self, reason: Any) -> None:
        reason.not_there()


@quiet
@process_test
async def test_a_machine_whose_terminate_fails_or_is_not_there() -> None:
    pid = await Undefined.start()
    with pytest.raises(ServerExit) as failed:
        await GenStateMachine.stop(pid)
    assert isinstance(failed.value.reason, AttributeError)
    for reason in ("normal", ("error", "test")):
        pid = await Phone.start()
        ref = monitor(pid)
        await Phone.stop(pid, reason)
        assert (await receive(Down(ref, ..., ...))).reason == reason


@quiet
@process_test
async def test_calls_of_machines_in_flight_end_one_by_one() -> None:
    def held(own: Any, event: Any) -> Any:
        match event:
            case Call(caller):
                own.asked = event.from_
                send(caller, "held")
                return None
            case Cast("release"):
                return ReplyTo(own.asked, "delayed")
            case Cast("shutdown"):
                return Stop("shutdown")

    made = machine(NextState("held"), held=held)
    pids = [await made.start() for _ in range(3)]

    async def ask(pid: Pid[Any]) -> Any:
        return await call(pid, test)

    test = self()
    tasks = [asyncio.ensure_future(ask(pid)) for pid in pids]
    for _ in pids:
        assert await receive() == "held"
    left = set(tasks)
    for number, what in ((1, "release"), (2, "shutdown"), (0, "release")):
        cast(pids[number], what)
        done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
        assert done == {tasks[number]}
        if what == "release":
            assert done.pop().result() == "delayed"
        else:
            assert isinstance(done.pop().exception(), ServerExit)
    done, pending = await asyncio.wait(tasks, timeout=0)
    assert (len(done), pending) == (3, set())
    for number in (0, 1):
        await end(pids[number])
    await died(pids[2])
