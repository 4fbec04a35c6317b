"""Scenario 55: the rules of gen_statem. Events are printed as Erlang shows them."""

from __future__ import annotations

from typing import Any

import aquavit
from aquavit import (
    POSTPONE,
    Call,
    Cast,
    Enter,
    EventTimeout,
    GenericTimeout,
    GenStateMachine,
    Info,
    Internal,
    KeepState,
    NextEvent,
    NextState,
    Pid,
    RepeatState,
    ReplyTo,
    StartError,
    StateTimeout,
    Stop,
    StopAndReply,
    is_alive,
    self,
    send,
    system,
)
from aquavit.otp.events import TimeoutAction
from tests.conformance import trace as t

DEPARTURES: dict[str, str] = {}
CHANGES: dict[str, tuple[str, str]] = {}


class M(GenStateMachine):
    """Tells the parent of every event, and does what `answer` says."""

    state_enter = True

    def init(self, parent: Pid[Any], answer: Any, actions: tuple[Any, ...] = ()) -> Any:
        """Begin in state "a"."""
        self.parent, self.answer = parent, answer
        return NextState("a", *actions)

    def handle_event(self, state: Any, event: Any) -> Any:
        """Tell, and act."""
        send(self.parent, (state, *shown(event)))
        return self.answer(state, event)

    def terminate(self, reason: Any) -> None:
        """Tell."""
        send(self.parent, ("terminate", told(reason), self.state))


def shown(event: Any) -> tuple[Any, Any]:
    """Return type and content of an event, as Erlang has them."""
    match event:
        case Enter(content):
            return "enter", content
        case Call(content, _):
            return "call", content
        case Cast(content):
            return "cast", content
        case Info(content):
            return "info", content
        case Internal(content):
            return "internal", content
        case StateTimeout(content):
            return "state_timeout", content
        case EventTimeout(content):
            return "timeout", content
        case GenericTimeout(name, content):
            return ("timeout", name), content
    raise TypeError(event)


def told(reason: Any) -> Any:
    """Return a reason as Erlang has it."""
    match reason:
        case (str() as what, value):
            return what, told(value)
        case NextEvent(event):
            return "next_event", *shown(event)
        case NextState(state, _):
            return "next_state", state, 1
        case aquavit.POSTPONE:
            return "postpone"
    return reason


async def go(tag: str, answer: Any, casts: Any = (), actions: Any = ()) -> None:
    """Print what a machine tells that finds `casts` in its mailbox."""
    pid = await M.start(self(), answer, actions)
    await system.suspend(pid)
    for request in casts:
        M.cast(pid, request)
    await system.resume(pid)
    t.p(tag, await t.flush(0.1))
    if is_alive(pid):
        aquavit.kill(pid)
        await t.down(pid)


def stay(state: Any, event: Any) -> None:
    """Do nothing."""


def rules(*rows: tuple[Any, Any, Any]) -> Any:
    """Return a function that looks up what to do; `...` stands for any state or number."""

    def answer(state: Any, event: Any) -> Any:
        for at, what, result in rows:
            if at in (..., state) and (what == event or (what is P and _is_p(event))):
                return result
        return None

    return answer


#: Stands for any event `{:p, number}`.
P = object()
GO = Cast("go")


def _is_p(event: Any) -> bool:
    return isinstance(event, Cast) and isinstance(event.request, tuple)


def on_go(*actions: Any) -> Any:
    """Return what does `actions` when told to go."""
    return rules(("a", GO, KeepState(*actions)))


def on_go_to(state: Any, *actions: Any) -> Any:
    """Return what goes to `state` when told to go."""
    return rules(("a", GO, NextState(state, *actions)))


def generic(seconds: float | None, content: Any) -> TimeoutAction:
    """Start the timeout "g"."""
    return GenericTimeout.after("g", seconds, content)


async def main() -> None:
    """Play the scenario."""
    next_i = NextEvent(Internal("i"))
    both = (StateTimeout.after(0.02, "st"), generic(0.02, "gt"))
    await _order(next_i)
    await _timeouts(next_i, both)
    await _enter(next_i)
    for tag, result in (
        ("bad_result", "what"),
        ("bad_action", KeepState("foo")),
        ("stop", Stop()),
        ("stop_why", Stop("why")),
    ):
        await go(tag, rules(("a", GO, result)), ["go"])
    await _rest()


async def _order(next_i: Any) -> None:
    first = (
        *(NextEvent(Internal(1)), StateTimeout.after(0, "st"), EventTimeout.after(0, "et")),
        *(NextEvent(Internal(2)), GenericTimeout.after("n", 0, "gt")),
    )
    await go("init_actions", stay, (), first)
    three = (Internal(1), Cast(2), GenericTimeout("x", 3))
    await go("next_event", on_go(*map(NextEvent, three)), ["go", "other"])
    postpone = ("a", P, POSTPONE)
    wait = rules(postpone, ("a", GO, NextState("b", next_i)))
    await go("postpone", wait, [("p", 1), ("p", 2), ("p", 3), "go", "last"])
    itself = rules(("a", Cast(1), POSTPONE), ("a", GO, NextState("b", POSTPONE, next_i)))
    await go("postpone_self", itself, [1, "go", 3])
    to_b, to_c = ("a", GO, NextState("b")), ("b", GO, NextState("c"))
    twice = rules(postpone, ("b", P, POSTPONE), to_b, to_c)
    await go("postpone_twice", twice, [("p", 1), "go", ("p", 2), "go"])
    late = (
        ("a", StateTimeout("st"), KeepState(POSTPONE, NextEvent(Internal("go")))),
        ("a", Internal("go"), NextState("b")),
    )
    await go("postpone_timeout", rules(*late), (), (StateTimeout.after(0, "st"),))
    kept = ("a", Cast(1), POSTPONE)
    soon = (StateTimeout.after(0.03, "st"),)
    await go("repeat", rules(kept, ("a", GO, RepeatState())), [1, "go", 3], soon)
    await go("same_state", rules(kept, ("a", GO, NextState("a"))), [1, "go"], soon)


async def _timeouts(next_i: Any, both: Any) -> None:
    await go("change_cancels", on_go_to("b"), ["go"], both)
    event = on_go(EventTimeout.after(0.02, "et"))
    await go("event_cancels", event, ["go", "x"])
    await go("event_timeout", event, ["go"])
    zero = EventTimeout.after(0, "et")
    await go("zero_event_with_next", on_go(zero, next_i), ["go", "x"])
    await go("zero_event_alone", on_go(zero), ["go", "x"])
    state, last = StateTimeout.after(0, 2), EventTimeout.after(0, 3)
    await go("zero_order", on_go(generic(0, 1), state, last, next_i), ["go", "x"])
    await go("zero_event_first", on_go(last, state, generic(0, 1)), ["go", "x"])
    await go("zero_event_last", on_go(state, last), ["go", "x"])
    postponed = rules(("a", P, POSTPONE), ("a", GO, NextState("b", StateTimeout.after(0, "st"))))
    await go("zero_after_postponed", postponed, [("p", 1), "go", "x"])
    actions = (StateTimeout.after(0, "st"), generic(0, "gt"), next_i)
    change = rules(("a", GO, KeepState(*actions)), ("a", Internal("i"), NextState("b")))
    await go("zero_then_change", change, ["go"])
    again = (StateTimeout.after(0, 1), generic(0, 2), StateTimeout.after(0, 3))
    await go("zero_restarted", on_go(*again), ["go"])
    cancel = (GenericTimeout.cancel("g"), GenericTimeout.cancel("none"), EventTimeout.cancel())
    await go("cancel", on_go(StateTimeout.cancel(), *cancel), ["go"], both)
    await go("infinity", on_go(StateTimeout.after(None), generic(None, "x")), ["go"], both)
    update = (
        *(StateTimeout.update("new"), GenericTimeout.update("g", "new")),
        GenericTimeout.update("none", "now"),
    )
    later = (StateTimeout.after(0.04, "st"), generic(0.02, "gt"))
    await go("update", on_go(*update), ["go", "x"], later)
    to_three = (StateTimeout.after(0, 1), generic(0, 2), StateTimeout.update(3))
    await go("update_zero", on_go(*to_three), ["go", "x"])
    await go("restart", on_go(generic(0.02, "second")), ["go"], (generic(0.04, "first"),))


async def _enter(next_i: Any) -> None:
    timeout = KeepState(StateTimeout.after(0, "from_enter"))
    await go("enter_timeout", lambda s, e: timeout if type(e) is Enter else None)
    transition = NextState("b", StateTimeout.after(0.02, "from_transition"))
    entered = KeepState(StateTimeout.after(0.01, "from_enter"))
    await go("enter_overrides", rules(("a", GO, transition), ("b", Enter("a"), entered)), ["go"])
    await go("enter_before_next", on_go_to("b", next_i, POSTPONE), ["go", "x"])
    await go("enter_repeat", _Repeat())
    for tag, result in (
        ("enter_postpones", POSTPONE),
        ("enter_inserts", NextEvent(Internal(1))),
        ("enter_changes", NextState("b")),
        ("enter_stops", Stop("why")),
    ):
        await go(tag, rules(("a", GO, NextState("c")), ("c", Enter("a"), result)), ["go"])


class _Repeat:
    """Enters the state twice more."""

    def __init__(self) -> None:
        self.left = 2

    def __call__(self, state: Any, event: Any) -> Any:
        self.left -= 1
        return RepeatState() if self.left >= 0 else None


def _answer(state: Any, event: Any) -> Any:
    match event:
        case Call("now", from_):
            return ReplyTo(from_, "replied")
        case Call("later", from_):
            return NextState("b", NextEvent(Internal(("answer", from_))))
        case Internal(("answer", from_)):
            return KeepState(ReplyTo(from_, "answered"))
        case Call("bye", from_):
            return StopAndReply("normal", ReplyTo(from_, "bye"))
    return None


async def _rest() -> None:
    pid = await M.start(self(), _answer)
    t.p("call", (await M.call(pid, "now"), await M.call(pid, "later")))
    t.p("get_state", (await system.get_state(pid))[0])
    state = await system.replace_state(pid, lambda both: ("z", both[1]))
    t.p("replace_state", state[0])
    await t.flush()
    send(pid, "message")
    t.p("nothing_is_entered", await t.flush())
    ref = aquavit.monitor(pid)
    t.p("stop_and_reply", (await M.call(pid, "bye"), await t.wait(ref), await t.flush()))
    pid = await M.start(self(), stay)
    await M.stop(pid, "shutdown", 1.0)
    t.p("stop_it", ("ok", await t.flush()))
    pid = await M.start(self(), on_go(EventTimeout.after(0.03, "et")))
    M.cast(pid, "go")
    await system.get_state(pid)
    t.p("system_cancels_nothing", await t.flush(0.1))
    aquavit.kill(pid)
    t.p("init", [await _init(result) for result in (aquavit.IGNORE, Stop("no"), "bad")])


class N(GenStateMachine):
    """Does not get far."""

    def init(self, result: Any) -> Any:
        """Return what it is given."""
        return result

    def handle_event(self, state: Any, event: Any) -> Any:
        """Do nothing."""


async def _init(result: Any) -> Any:
    try:
        started = await N.start(result)
    except StartError as error:
        return "error", error.reason
    return "ignore" if started is None else started
