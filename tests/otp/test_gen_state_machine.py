"""GenStateMachine: what scenario 55 of the oracle does not show."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from aquavit import (
    HIBERNATE,
    IGNORE,
    POSTPONE,
    AlreadyStarted,
    Call,
    CallTimeout,
    Cast,
    ChildSpec,
    Down,
    Enter,
    Exit,
    GenericTimeout,
    GenServer,
    GenStateMachine,
    Info,
    Internal,
    KeepState,
    NextEvent,
    NextState,
    ProcessExit,
    RepeatState,
    ReplyTo,
    ServerExit,
    StateTimeout,
    Stop,
    StopAndReply,
    Supervisor,
    exit,
    flush,
    is_alive,
    kill,
    receive,
    self,
    send,
    sleep,
    spawn,
    spawn_monitor,
    state,
    system,
    trap_exit,
    whereis,
)
from tests.support import died, end, outcome, process_test


class Door(GenStateMachine):
    """A door with a code; three states, entered with a sign."""

    state_enter = True

    def init(self, code: str, watcher: Any = None) -> Any:
        """Begin locked."""
        self.code, self.watcher = code, watcher
        return NextState("locked")

    def tell(self, *event: Any) -> None:
        """Tell the watcher."""
        if self.watcher is not None:
            send(self.watcher, event)

    @state
    def locked(self, event: Any) -> Any:
        """Wait for the code."""
        match event:
            case Enter(old):
                return self.tell("enter", "locked", old)
            case Call(code, from_) if code == self.code:
                return NextState("unlocked", ReplyTo(from_, "welcome"))
            case Call(str(), from_):
                return ReplyTo(from_, "wrong")
            case Cast("open"):
                return POSTPONE
        return self.common(event)

    @state
    async def unlocked(self, event: Any) -> Any:
        """Lock again after a while."""
        await sleep(0)
        match event:
            case Enter():
                self.tell("enter", "unlocked", event.old)
                return StateTimeout.after(0.02, "lock")
            case StateTimeout("lock"):
                return NextState("locked")
            case Cast("open"):
                return NextState("opened")
        return self.common(event)

    @state
    def opened(self, event: Any) -> Any:
        """Stay open."""
        match event:
            case Enter(old):
                return self.tell("enter", "opened", old)
        return self.common(event)

    def common(self, event: Any) -> Any:
        """Do what is the same in all states."""
        match event:
            case Call(("state",), from_):
                return KeepState(ReplyTo(from_, self.state), HIBERNATE)
            case Call(("run", fn), from_):
                return fn(self, from_)
            case Cast(("run", fn)):
                return fn(self)
            case Info(message):
                return self.tell("info", message)
        return None


@process_test
async def test_each_state_has_its_function() -> None:
    door = await Door.start_link("1234", self())
    assert await Door.call(door, "0000") == "wrong"
    Door.cast(door, "open")
    assert await Door.call(door, "1234") == "welcome"
    states = [await receive(("enter", ...), ("enter", ..., ...), timeout=5.0) for _ in range(3)]
    assert states == [
        ("enter", "locked", "locked"),
        ("enter", "unlocked", "locked"),
        ("enter", "opened", "unlocked"),
    ]
    assert await system.get_state(door) == ("opened", {"code": "1234", "watcher": self()})
    await GenServer.stop(door)


@process_test
async def test_a_state_timeout_takes_it_back() -> None:
    door = await Door.start("1234", self())
    await Door.call(door, "1234")
    for expected in ("locked", "unlocked", "locked"):
        assert (await receive(("enter", ..., ...), timeout=5.0))[1] == expected
    await Door.stop(door)


@process_test
async def test_an_unknown_state_is_an_error_that_names_the_known_ones() -> None:
    door = await Door.start("1234")
    words = r"expected one of its states \('locked', 'unlocked', 'opened'\), got 'ajar'"
    with pytest.raises(ServerExit) as failed:
        await Door.call(door, ("run", lambda door, from_: NextState("ajar")))
    assert isinstance(failed.value.reason, ValueError)
    assert str(failed.value.reason).startswith("Door: expected one of its states")

    class Ajar(Door):
        def init(self) -> Any:
            return NextState("ajar")

    with pytest.raises(ValueError, match=words):
        await Ajar.start()


def test_a_class_has_states_or_handles_all_events_in_one_place() -> None:
    with pytest.raises(TypeError, match="expected handle_event or methods with @state, got both"):

        class Both(GenStateMachine):
            @state
            def on(self, event: Any) -> None: ...

            def handle_event(self, state: Any, event: Any) -> None: ...


@process_test
async def test_states_are_inherited_and_can_be_replaced() -> None:
    class Gate(Door):
        @state
        def closed(self, event: Any) -> Any:
            return NextState("locked")

        def locked(self, event: Any) -> Any:
            return ReplyTo(event.from_, "never") if isinstance(event, Call) else None

    gate = await Gate.start("1234")
    assert await Gate.call(gate, "1234") == "never"
    await Gate.stop(gate)


@process_test
async def test_wrong_results_and_actions_are_refused() -> None:
    with pytest.raises(TypeError, match="NextEvent: expected an event, got 'text'"):
        NextEvent("text")

    class Bare(GenStateMachine): ...

    with pytest.raises(TypeError, match="Bare does not define init"):
        await Bare.start()
    door = await Door.start("1234")
    reason = ("bad_reply_action_from_state_function", "no reply")
    with pytest.raises(ServerExit) as failed:
        await Door.call(door, ("run", lambda door, from_: StopAndReply("normal", "no reply")))  # type: ignore[arg-type]
    assert failed.value.reason == reason


@process_test
async def test_it_starts_by_name_under_a_supervisor_and_ignored() -> None:
    spec = Door.child_spec("1234", name="door")
    assert isinstance(spec, ChildSpec)
    assert spec.id == "Door"
    async with Supervisor.running([spec]):
        door: Any = whereis("door")
        assert await Door.call("door", ("state",)) == "locked"
        with pytest.raises(AlreadyStarted):
            await Door.start("1234", name="door")
        kill(door)
        await died(door)
        await sleep(0)
        assert await Door.call("door", ("state",)) == "locked"

    class Ignored(GenStateMachine):
        def init(self) -> Any:
            return IGNORE

    assert await Ignored.start() is None


class Trapping(Door):
    """A door that traps exits."""

    def init(self, code: str, watcher: Any = None) -> Any:
        """Begin locked."""
        trap_exit(True)
        return super().init(code, watcher)

    def terminate(self, reason: Any) -> None:
        """Tell."""
        self.tell("terminate", reason, self.state)


@process_test
async def test_messages_are_events_and_an_exit_of_the_parent_ends_it() -> None:
    watcher = self()

    async def parent() -> None:
        door = await Trapping.start_link("1234", watcher)
        send(watcher, ("door", door))
        await receive("end")
        raise ProcessExit("gone")

    pid = spawn(parent)
    _, door = await receive(("door", ...), timeout=5.0)
    other = spawn(sleep, None)
    exit(door, "a signal")
    send(door, "hello")
    assert await receive(("info", ...), timeout=5.0) == ("info", Exit(self(), "a signal"))
    assert await receive(("info", ...), timeout=5.0) == ("info", "hello")
    send(pid, "end")
    ended = await receive(("terminate", ..., ...), timeout=5.0)
    assert ended == ("terminate", "gone", "locked")
    await end(other)
    assert await died(door) in ("gone", "noproc")
    flush()


@process_test
async def test_a_call_that_is_too_late_is_no_event() -> None:
    door = await Door.start("1234", self())
    await system.suspend(door)
    with pytest.raises(CallTimeout):
        await Door.call(door, "0000", 0.005)
    await system.resume(door)
    assert await Door.call(door, ("state",)) == "locked"
    await Door.stop(door)


@process_test
async def test_timers_end_with_the_machine_and_a_late_one_is_no_event() -> None:
    def begin(door: Any) -> Any:
        many = [GenericTimeout.after(number, 60.0, number) for number in range(100)]
        return KeepState(*many, GenericTimeout.after("now", 0.0001))

    door = await Door.start("1234", self())
    Door.cast(door, ("run", begin))
    await system.suspend(door)
    await sleep(0.005)  # the timer has fired: its message waits in the mailbox
    await system.resume(door)
    Door.cast(door, ("run", lambda door: GenericTimeout.cancel("now")))
    assert await Door.call(door, ("state",)) == "locked"
    assert len(door.process.rare.timers) == 100
    await Door.stop(door)


@process_test
async def test_replace_state_changes_state_and_data() -> None:
    door = await Door.start("1234")
    new = await system.replace_state(door, lambda both: ("opened", {**both[1], "code": "1"}))
    assert new == ("opened", {"code": "1", "watcher": None})
    with pytest.raises(ValueError, match="expected one of its states"):
        await system.replace_state(door, lambda both: ("ajar", both[1]))
    assert await Door.call(door, ("state",)) == "opened"
    await Door.stop(door)


@process_test
async def test_a_machine_may_repeat_stop_and_reply_in_a_later_event() -> None:
    door = await Door.start("1234", self())
    await receive(("enter", ..., ...))

    def later(door: Any, from_: Any) -> Any:
        door.asked = from_
        return KeepState(NextEvent(Cast(("run", finish))))

    def finish(door: Any) -> Any:
        return StopAndReply("normal", ReplyTo(door.asked, "the end"))

    Door.cast(door, ("run", lambda door: RepeatState(NextEvent(Internal("nothing")))))
    assert await receive(("enter", ..., ...), timeout=5.0) == ("enter", "locked", "locked")
    assert await Door.call(door, ("run", later)) == "the end"
    assert await died(door) in ("normal", "noproc")


@process_test
async def test_stop_replies_after_terminate_as_a_server_does() -> None:
    door = await Door.start("1234")
    stopped = Stop("normal", reply="bye")
    assert await Door.call(door, ("run", lambda door, from_: stopped)) == "bye"
    await died(door)
    assert not is_alive(door)


def crash(door: Any) -> Any:
    """Crash."""
    raise RuntimeError("oops")


@process_test
async def test_a_crash_report_shows_queue_postponed_and_state(
    caplog: pytest.LogCaptureFixture,
) -> None:
    door = await Door.start("1234", name="door")
    Door.cast(door, "open")
    Door.cast(door, ("run", crash))
    assert str(await died(door)) == "oops"
    (record,) = [each for each in caplog.records if each.name == "aquavit"]
    text = record.getMessage()
    assert text.startswith("State machine door terminating\n** (RuntimeError) oops\n")
    assert "\nQueue: [Cast(request=('run', <function crash" in text
    assert "\nPostponed: [Cast(request='open')]" in text
    assert "\nState: ('locked', {'code': '1234', 'watcher': None})" in text


@process_test
async def test_a_crash_in_a_call_names_the_client(caplog: pytest.LogCaptureFixture) -> None:
    door = await Door.start("1234")

    async def client() -> None:
        await Door.call(door, ("run", lambda door, from_: 1 / 0))

    assert isinstance(await outcome(client), ServerExit)
    first = caplog.records[0].getMessage()
    assert first.startswith(f"State machine {door!r} terminating\n** (ZeroDivisionError)")
    assert "\nClient #PID<" in first


@dataclasses.dataclass
class Connected:
    """A state that can change, compared by value."""

    peer: str


class Plain:
    """A state that is compared by identity."""


class Odd:
    """A state whose `==` gives no answer."""

    def __eq__(self, other: object) -> Any:
        return [other]

    __hash__ = None  # type: ignore[assignment]


class Moves(GenStateMachine):
    """Goes to the states it is told, and tells of each."""

    state_enter = True

    def init(self, main: Any) -> Any:
        """Begin."""
        self.main = main
        return NextState("start")

    def handle_event(self, state: Any, event: Any) -> Any:
        """Go on, or tell."""
        match event:
            case Cast(make):
                return NextState(make())
            case Enter():
                send(self.main, "entered")


@pytest.mark.parametrize(
    ("make", "entered"),
    [
        (lambda: Connected("a"), 1),
        (lambda: ("to", Connected("a")), 1),
        (Plain, 2),
        (Odd, 2),
        (lambda: bytearray(b"a"), 1),
        (lambda: [[1], {"a": 2}], 1),
    ],
)
@process_test
async def test_a_state_may_be_any_data(make: Any, entered: int) -> None:
    pid = await Moves.start(self())
    for _ in range(2):
        GenStateMachine.cast(pid, make)
    await system.get_state(pid)
    assert flush() == ["entered"] * (entered + 1)
    await end(pid)


class Order(GenStateMachine):
    """Accepts orders at once, and works them off when it is open."""

    def init(self, watcher: Any) -> Any:
        """Begin closed; there is no event that could be postponed."""
        self.watcher = watcher
        return NextState("closed", POSTPONE)

    @state
    def closed(self, event: Any) -> Any:
        """Accept."""
        match event:
            case Call(_, from_):
                return KeepState(ReplyTo(from_, "accepted"), POSTPONE)
            case Cast("open"):
                return NextState("open")

    @state
    def open(self, event: Any) -> Any:
        """Work it off, twice if it is said so."""
        send(self.watcher, ("done", event))
        match event:
            case Call("again", from_):
                return NextEvent(Call("once more", from_))


@process_test
async def test_a_call_that_was_answered_and_postponed_comes_again() -> None:
    order = await Order.start(self())
    assert await Order.call(order, "pizza") == "accepted"
    assert await Order.call(order, "again") == "accepted"
    Order.cast(order, "open")
    done = [(await receive(("done", Call), timeout=5.0))[1].request for _ in range(3)]
    assert done == ["pizza", "again", "once more"]
    await Order.stop(order)


@process_test
async def test_a_call_that_waits_in_the_machine_comes_though_its_caller_has_left() -> None:
    order = await Order.start(self())
    caller, ref = spawn_monitor(Order.call, order, "pizza")
    await receive(Down(ref, caller, ...), timeout=5.0)
    Order.cast(order, "open")
    assert (await receive(("done", Call), timeout=5.0))[1].request == "pizza"
    await Order.stop(order)


@process_test
async def test_postpone_from_init_means_nothing() -> None:
    order = await Order.start(self())
    Order.cast(order, "open")
    assert (await system.get_state(order))[0] == "open"
    await Order.stop(order)
    assert flush() == []
