"""What gen_statem_SUITE checks of the order of events, and of timeouts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aquavit import (
    POSTPONE,
    Call,
    Cast,
    Enter,
    EventTimeout,
    Exit,
    GenericTimeout,
    GenStateMachine,
    Info,
    Internal,
    KeepState,
    NextEvent,
    NextState,
    NoProcess,
    RepeatState,
    ReplyTo,
    StateTimeout,
    Stop,
    StopAndReply,
    flush,
    receive,
    self,
    send,
    spawn,
    state,
    trap_exit,
)
from tests.clock import VirtualClock
from tests.support import end, process_test, settled

pytestmark = pytest.mark.usefixtures("no_reports")
call, cast = GenStateMachine.call, GenStateMachine.cast


def machine(first: Any, **states: Callable[..., Any]) -> type[GenStateMachine]:
    """Return a machine whose states are functions of itself and an event."""

    class Machine(GenStateMachine):
        def init(self) -> Any:
            return first

        def handle_event(self, state: Any, event: Any) -> Any:
            return states[state](self, event)

    return Machine


@process_test
async def test_events_that_init_or_a_callback_has_made_come_in_their_order() -> None:
    test = self()

    def start(_: Any, event: Any) -> Any:
        match event:
            case Internal(number):
                send(test, number)
                return None
            case Cast("more"):
                return KeepState(*[NextEvent(Internal(number)) for number in (4, 5, 6)])
        send(test, event)
        return None

    made = machine(NextState("start", *[NextEvent(Internal(n)) for n in (1, 2, 3)]), start=start)
    pid = await made.start()
    cast(pid, "more")
    send(pid, "last")
    assert [await receive() for _ in range(7)] == [1, 2, 3, 4, 5, 6, Info("last")]
    await end(pid)


@process_test
async def test_replies_of_earlier_calls_are_sent_before_the_stop() -> None:
    trap_exit(True)
    test = self()

    def start(own: Any, event: Any) -> Any:
        own.first = event.from_
        return NextState("wait")

    def wait(own: Any, event: Any) -> Any:
        return StopAndReply("reason", ReplyTo(own.first, "reply1"), ReplyTo(event.from_, "reply2"))

    pid = await machine(NextState("start"), start=start, wait=wait).start_link()

    async def asks() -> None:
        send(test, await call(pid, "echo"))

    for _ in range(2):
        spawn(asks)
        await settled()
    assert flush() in (
        ["reply1", "reply2", Exit(pid, "reason")],
        [Exit(pid, "reason"), "reply1", "reply2"],
    )
    with pytest.raises(NoProcess):
        await call(pid, "hej")


@process_test
async def test_states_are_entered_at_the_start_on_change_and_on_repeat() -> None:
    trap_exit(True)
    test = self()

    class Entered(GenStateMachine):
        state_enter = True

        def init(self) -> Any:
            self.repeats = 0
            return NextState("start")

        @state
        def start(self, event: Any) -> Any:
            match event:
                case Enter(old):
                    send(test, ("enter", "start", old))
                    return None
                case Internal(content):
                    send(test, ("internal", content))
                    return None
                case Call("repeat", from_):
                    return RepeatState(ReplyTo(from_, "repeated"))
                case Call("echo", from_):
                    return NextState(
                        "wait", ReplyTo(from_, "start"), EventTimeout.after(0, "by start")
                    )
                case Call("stop", from_):
                    return StopAndReply("bye", ReplyTo(from_, "stopping"))

        @state
        def wait(self, event: Any) -> Any:
            match event:
                case Enter(old):
                    send(test, ("enter", "wait", old))
                    self.repeats += 1
                    timeouts = (
                        EventTimeout.after(0, self.repeats),
                        StateTimeout.after(0, self.repeats),
                    )
                    kind = RepeatState if self.repeats < 3 else KeepState
                    return kind(*timeouts)
                case EventTimeout(content) | StateTimeout(content):
                    send(test, (type(event).__name__, content))
                    return None
                case Call("repeat", from_):
                    return RepeatState(ReplyTo(from_, "repeated"), EventTimeout.after(0, "mine"))
                case Call("echo", from_):
                    return NextState("start", NextEvent(Internal("wait")), ReplyTo(from_, "wait"))

    pid = await Entered.start_link()
    await settled()
    assert flush() == [("enter", "start", "start")]
    assert await call(pid, "echo") == "start"
    await settled()
    assert flush() == [
        ("enter", "wait", "start"),
        ("enter", "wait", "start"),
        ("enter", "wait", "start"),
        ("EventTimeout", 3),
        ("StateTimeout", 3),
    ]
    assert await call(pid, "repeat") == "repeated"
    await settled()
    assert flush() == [("enter", "wait", "wait"), ("EventTimeout", 4), ("StateTimeout", 4)]
    assert await call(pid, "echo") == "wait"
    await settled()
    assert flush() == [("enter", "start", "wait"), ("internal", "wait")]
    assert await call(pid, "repeat") == "repeated"
    assert await call(pid, "stop") == "stopping"
    await settled()
    assert flush() == [("enter", "start", "start"), Exit(pid, "bye")]
    with pytest.raises(NoProcess):
        await call(pid, "hej")


@process_test
async def test_made_events_come_first_then_postponed_ones_and_no_event_timeout() -> None:
    trap_exit(True)

    def start(own: Any, event: Any) -> Any:
        if isinstance(event, Cast):
            return POSTPONE
        own.kept = []
        return NextState(
            "buffer",
            NextEvent(Internal("third")),
            NextEvent(Internal("fourth")),
            EventTimeout.after(0, "never"),
            ReplyTo(event.from_, "ok"),
        )

    def buffer(own: Any, event: Any) -> Any:
        match event:
            case Internal(content) | EventTimeout(content) | Cast(content):
                own.kept.append(content)
                return None
            case Call(("stop", reason), from_):
                return NextState(
                    "stop", ReplyTo(from_, own.kept), NextEvent(Internal(Stop(reason)))
                )

    def stop(_: Any, event: Any) -> Any:
        return event.content

    pid = await machine(NextState("start"), start=start, buffer=buffer, stop=stop).start_link()
    cast(pid, "first")
    cast(pid, "second")
    assert await call(pid, "buffer") == "ok"
    assert await call(pid, ("stop", "reason")) == ["third", "fourth", "first", "second"]
    assert await receive() == Exit(pid, "reason")


@process_test
async def test_timeouts_of_zero_come_in_order_and_cancel_each_other() -> None:
    clock = VirtualClock()
    trap_exit(True)

    def start(own: Any, event: Any) -> Any:
        own.time, own.asked = event.request, event.from_
        send(self(), "message to self")
        return NextState(
            "state1",
            EventTimeout.after(own.time, 1),
            StateTimeout.after(own.time, 1),
            NextEvent(Internal(1)),
        )

    def state1(_: Any, event: Any) -> Any:
        assert event == Internal(1)
        return NextState(
            "state2", EventTimeout.after(0, 2), StateTimeout.after(0, 2), NextEvent(Internal(2))
        )

    def state2(own: Any, event: Any) -> Any:
        own.seen = [*getattr(own, "seen", []), event]
        match event:
            case Internal(2):
                return KeepState(EventTimeout.after(0, 3))
            case StateTimeout(2):
                return KeepState(EventTimeout.after(0, 4), StateTimeout.after(0, 5))
            case EventTimeout(4):
                return KeepState(StateTimeout.after(0, 6), EventTimeout.after(0, 7))
            case StateTimeout(6):
                return NextState(
                    "state3", ReplyTo(own.asked, own.seen), StateTimeout.after(own.time, 8)
                )
        return Stop(("unexpected", event))

    def state3(own: Any, event: Any) -> Any:
        match event:
            case Info("message to self"):
                return None
            case Call("check", from_):
                own.asked = from_
                return None
            case StateTimeout(8):
                return StopAndReply("normal", ReplyTo(own.asked, "ok"))

    made = machine(NextState("start"), start=start, state1=state1, state2=state2, state3=state3)
    pid = await made.start_link()
    seen = await call(pid, 0.5)
    assert seen == [Internal(2), StateTimeout(2), EventTimeout(4), StateTimeout(6)]
    test = self()

    async def checks() -> None:
        send(test, await call(pid, "check"))

    spawn(checks)
    await clock.advance(0.4)
    assert flush() == []
    await clock.advance(0.2)
    assert set(flush()) == {"ok", Exit(pid, "normal")}


@process_test
async def test_timeouts_are_cancelled_and_updated_also_when_they_are_due() -> None:
    clock = VirtualClock()
    trap_exit(True)

    def start(own: Any, event: Any) -> Any:
        own.asked = event.from_
        send(self(), "message to self")
        return NextState("state1", StateTimeout.after(0.017, 1), NextEvent(Internal(1)))

    def state1(own: Any, event: Any) -> Any:
        match event:
            case Internal(1):
                return KeepState(StateTimeout.cancel(), GenericTimeout.after("a", 0.017, 1))
            case Info("message to self"):
                return GenericTimeout.update("a", "new")
            case GenericTimeout("a", "new"):
                return NextState("state2", StateTimeout.after(0.017, 2), NextEvent(Internal(2)))
        return Stop(("unexpected", event))

    async def state2(own: Any, event: Any) -> Any:
        match event:
            case Internal(2):
                clock.now += 0.05  # the timeout is due; only its message has not come yet
                return KeepState(StateTimeout.update("b"), EventTimeout.after(0.017, 2))
            case StateTimeout("b"):
                return NextState("state3", ReplyTo(own.asked, "ok"))
        return Stop(("unexpected", event))

    def state3(_: Any, event: Any) -> Any:
        return StopAndReply("normal", ReplyTo(event.from_, "stopped"))

    made = machine(NextState("start"), start=start, state1=state1, state2=state2, state3=state3)
    pid = await made.start_link()
    test = self()

    async def asks() -> None:
        send(test, await call(pid, "test"))

    spawn(asks)
    await clock.advance(0.1)
    assert flush() == ["ok"]
    assert await call(pid, "stop") == "stopped"
    assert await receive() == Exit(pid, "normal")


@process_test
async def test_events_of_all_kinds_can_be_made() -> None:
    trap_exit(True)
    kinds = (
        Internal(1),
        StateTimeout(2),
        EventTimeout(3),
        Info(4),
        Cast(5),
        GenericTimeout(6, 6),
    )

    def start(own: Any, event: Any) -> Any:
        if event == Internal(0):
            return None
        own.seen = []
        return NextState("busy", *[NextEvent(each) for each in kinds], NextEvent(event))

    def busy(own: Any, event: Any) -> Any:
        if isinstance(event, Call):
            return StopAndReply("shutdown", ReplyTo(event.from_, own.seen))
        own.seen.append(event)
        return None

    made = machine(NextState("start", NextEvent(Internal(0))), start=start, busy=busy)
    pid = await made.start_link()
    assert await call(pid, "stop") == list(kinds)
    assert await receive() == Exit(pid, "shutdown")


@process_test
async def test_named_timeouts_run_beside_each_other_and_start_anew() -> None:
    clock = VirtualClock()
    trap_exit(True)
    test = self()

    def start(own: Any, event: Any) -> Any:
        return NextState(
            "state1",
            GenericTimeout.after("a", 1.5, 1),
            StateTimeout.after(1.5, 1),
            GenericTimeout.after("b", 1.0, 1),
            NextEvent(event),
        )

    def state1(own: Any, event: Any) -> Any:
        return NextState(
            "state2",
            GenericTimeout.after("c", 0.5, 2),
            GenericTimeout.after("d", 0, 2),
            EventTimeout.after(0, 2),
            GenericTimeout.after("b", None, 2),
            GenericTimeout.after("a", 1.0, event),
        )

    def state2(own: Any, event: Any) -> Any:
        send(test, event)
        if event == GenericTimeout("d", 2):
            return None
        if event == GenericTimeout("c", 2):
            return NextState("state3")
        return Stop(("unexpected", event))

    def state3(own: Any, event: Any) -> Any:
        match event:
            case GenericTimeout("a", Call("stop", from_)):
                return StopAndReply("shutdown", ReplyTo(from_, "stopped"))
        return Stop(("unexpected", event))

    made = machine(NextState("start"), start=start, state1=state1, state2=state2, state3=state3)
    pid = await made.start_link()

    async def asks() -> None:
        send(test, await call(pid, "stop"))

    spawn(asks)
    await clock.advance(0.1)
    assert flush() == [GenericTimeout("d", 2)]  # an event, so the event timeout is off
    await clock.advance(1.0)
    assert flush() == [GenericTimeout("c", 2), Exit(pid, "shutdown"), "stopped"]


@process_test
async def test_of_several_actions_for_one_timeout_the_last_counts() -> None:
    test = self()

    def start(_: Any, event: Any) -> Any:
        if isinstance(event, Cast):
            return KeepState(
                GenericTimeout.after("a", 100.0, "started"),
                GenericTimeout.after("b", 0, "b"),
                GenericTimeout.update("a", "updated"),  # as if it had never been started
                StateTimeout.after(0, "cancelled"),
                StateTimeout.cancel(),
            )
        send(test, event)
        return None

    pid = await machine(NextState("start"), start=start).start()
    cast(pid, "go")
    await settled()
    assert flush() == [GenericTimeout("b", "b"), GenericTimeout("a", "updated")]
    await end(pid)


@process_test
async def test_a_timeout_that_is_due_keeps_its_place_when_it_is_updated() -> None:
    test = self()

    def start(_: Any, event: Any) -> Any:
        if isinstance(event, Cast):
            return KeepState(
                GenericTimeout.after("a", 0, "old"),
                GenericTimeout.after("b", 0, "b"),
                NextEvent(Internal()),
            )
        if isinstance(event, Internal):
            return KeepState(GenericTimeout.update("a", "new"))
        send(test, event)
        return None

    pid = await machine(NextState("start"), start=start).start()
    cast(pid, "go")
    await settled()
    assert flush() == [GenericTimeout("a", "new"), GenericTimeout("b", "b")]
    await end(pid)
