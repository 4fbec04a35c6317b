"""Random state machines beside gen_statem's: who is called with what, in which order.

    python -m tests.conformance.differential.machines                   2,000 machines
    python -m tests.conformance.differential.machines --cases 100000    a night

A machine is a table: for a state and an event, where to go and what to do. It is sent bursts
of calls, casts, messages and exit signals that it finds together in its mailbox, and time
passes in between, and while it is suspended. Both sides have a clock that is moved by hand:
on the BEAM, gen_statem itself with other functions for its timers (`virtual_timers.exs`).
So there is one trace only, and it must be the same.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from aquavit import (
    HIBERNATE,
    IGNORE,
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
    Pid,
    ProcessExit,
    RepeatState,
    ReplyTo,
    StateTimeout,
    Stop,
    StopAndReply,
    send,
    sleep,
    state,
    trap_exit,
)
from tests.conformance.differential import beam, driver

SCRIPT = Path(__file__).with_name("machines.exs")
STATES = ("s0", "s1", "s2")
MOST_CALLS = 40
#: Of two timeouts that one transition starts none is due with the other, except at once.
TIMES, TIMES_OF_ENTRIES = (2, 4, 8, 10), (1, 3, 5, 9)
EVENTS: list[tuple[Any, ...]] = [
    *[(kind, number) for kind in ("call", "cast", "info", "internal") for number in range(3)],
    *[(kind, number) for kind in ("state", "event") for number in range(2)],
    *[("generic", name, number) for name in range(2) for number in range(2)],
    *[("exit", reason) for reason in driver.REASONS],
]
POSTPONED = "postpone"


def make_case(number: int) -> dict[str, Any]:
    """Return the machine with that number, and what is done with it."""
    draw = random.Random(number)
    table: dict[Any, Any] = {}
    for where in STATES:
        for event in EVENTS:
            if draw.random() < 0.8:
                table[where, event] = make_result(draw)
        if draw.random() < 0.5:
            table[where, "enter"] = make_entry(draw)
    return {
        "table": table,
        "init": make_start(draw),
        "enter": draw.random() < 0.6,
        "functions": draw.random() < 0.3,
        "waits": draw.random() < 0.3,
        "traps": draw.random() < 0.5,
        "terminate": draw.choice(("well", "well", "well", "exit", "raise")),
        "operations": [driver.make_operation(draw) for _ in range(draw.randint(1, 6))],
    }


def make_result(draw: random.Random) -> Any:
    """Return what a callback does with an event."""
    kinds = (("timeout", 4), ("reply", 3), ("next", 2), (POSTPONED, 2), ("hibernate", 0.3))
    actions = make_actions(draw, (*kinds, ("bad", 0.03)), TIMES)
    match draw.choices(("keep", "next", "repeat", "end"), (40, 40, 12, 4)):
        case ["next"]:
            return "next", draw.choice(STATES), actions
        case ["end"]:
            return make_end(draw)
        case [kind]:
            return kind, actions


def make_entry(draw: random.Random) -> Any:
    """Return what a callback does when its state is entered."""
    kinds = (("timeout", 4), ("reply", 2), ("hibernate", 0.3))
    kinds = (*kinds, ("next", 0.05), (POSTPONED, 0.05), ("bad", 0.03))
    actions = make_actions(draw, kinds, TIMES_OF_ENTRIES)
    match draw.choices(("keep", "next", "repeat", "end"), (80, 1, 3, 2)):
        case ["next"]:
            return "next", draw.choice(STATES), actions
        case ["end"]:
            return make_end(draw)
        case [kind]:
            return kind, actions


def make_end(draw: random.Random) -> Any:
    """Return how a callback ends its machine."""
    reason = draw.choice(driver.REASONS)
    match draw.choice(("stop", "stop", "replies", "replies", "exit", "raise", "bad")):
        case "stop":
            return "stop", reason
        case "replies":
            kinds = (("reply", 20), ("bad", 1))
            return "replies", reason, make_actions(draw, kinds, ())
        case "exit":
            return "exit", "left"
        case other:
            return other


def make_start(draw: random.Random) -> Any:
    """Return what `init` does."""
    match draw.choices(("on", "ignore", "end"), (95, 1, 3)):
        case ["on"]:
            kinds = (("timeout", 4), ("next", 2), (POSTPONED, 0.1), ("bad", 0.05))
            return "on", draw.choice(STATES), make_actions(draw, kinds, TIMES)
        case ["ignore"]:
            return "ignore"
    return draw.choice((("stop", draw.choice(driver.REASONS)), ("exit", "left"), "raise", "bad"))


def make_actions(
    draw: random.Random, kinds: tuple[tuple[str, float], ...], times: tuple[int, ...]
) -> list[Any]:
    """Return a few random actions; `kinds` says how often which."""
    names, weights = zip(*kinds, strict=True)
    left = draw.sample(times, len(times))
    found: list[Any] = []
    for kind in draw.choices(names, weights, k=draw.choice((0, 0, 1, 1, 1, 2, 3))):
        match kind:
            case "timeout":
                found.append(make_timeout(draw, left.pop()))
            case "next":
                found.append(("next", draw.choice([each for each in EVENTS if each[0] != "exit"])))
            case "reply":
                found.append(("reply", draw.choice(("own", "own", "oldest")), draw.randrange(10)))
            case _:
                found.append(kind)
    return found


def make_timeout(draw: random.Random, time: int) -> tuple[Any, ...]:
    """Return a random action of a timeout, of `time` if it takes any."""
    content = draw.randrange(2)
    after, now, never = (("after", each, content) for each in (time, 0, "infinity"))
    how = draw.choice((after, after, after, now, now, never, "cancel", ("update", content)))
    kind = draw.choice(("state", "event", "generic"))
    return (kind, draw.randrange(2), how) if kind == "generic" else (kind, how)


class Machine(GenStateMachine):
    """Does what its case says."""

    def init(self, case: dict[str, Any], to: Pid[Any]) -> Any:
        self.case, self.to, self.calls = case, to, 0
        self.unanswered: list[Any] = []
        trap_exit(case["traps"])
        match case["init"]:
            case ("on", first, actions):
                return NextState(first, *self.actions(actions, None))
            case "ignore":
                return IGNORE
            case end:
                return self.ended(end, None)

    def do(self, where: str, event: Any) -> Any:
        """Tell what has come, and return what is to follow."""
        key = key_of(event)
        send(self.to, ("seen", where, key))
        self.calls += 1
        if self.calls > MOST_CALLS:
            return Stop("enough")
        if isinstance(event, Call) and event.from_ not in self.unanswered:
            self.unanswered.append(event.from_)
        what = self.case["table"].get((where, "enter" if key[0] == "enter" else key))
        match what:
            case None:
                return None
            case ("keep", actions):
                done = self.actions(actions, event)
                return done[0] if len(done) == 1 and done[0] != "bad" else KeepState(*done)
            case ("repeat", actions):
                return RepeatState(*self.actions(actions, event))
            case ("next", new, actions):
                return NextState(new, *self.actions(actions, event))
        return self.ended(what, event)

    def ended(self, what: Any, event: Any) -> Any:
        """Return or raise what ends the machine."""
        match what:
            case ("stop", reason):
                return Stop(reason)
            case ("replies", reason, actions):
                return StopAndReply(reason, *self.actions(actions, event))
            case ("exit", reason):
                raise ProcessExit(reason)
            case "raise":
                raise RuntimeError("no")
        return "bad"

    def terminate(self, reason: Any) -> None:
        send(self.to, ("terminate", driver.words(reason)))
        driver.fail(self.case["terminate"])

    def actions(self, actions: list[Any], event: Any) -> list[Any]:
        """Return the actions of a table as the machine does them."""
        return [done for each in actions for done in self.action(each, event)]

    def action(self, each: Any, event: Any) -> list[Any]:
        """Return an action; none for a reply that nobody waits for."""
        from_ = event.from_ if isinstance(event, Call) else None
        match each:
            case ("next", ("call", content)):
                return [NextEvent(Internal(content) if from_ is None else Call(content, from_))]
            case ("next", (kind, *content)):
                return [NextEvent(MADE[kind](*content))]
            case ("reply", which, value):
                if which == "oldest":
                    from_ = self.unanswered[0] if self.unanswered else None
                if from_ in self.unanswered:
                    self.unanswered.remove(from_)
                return [] if from_ is None else [ReplyTo(from_, value)]
            case ("generic", name, how):
                return [timeout(GenericTimeout, how, name)]
            case (kind, how):
                return [timeout(MADE[kind], how)]
            case "hibernate":
                return [HIBERNATE]
        return [POSTPONE if each == POSTPONED else each]


MADE: dict[str, Any] = {
    "cast": Cast,
    "info": Info,
    "internal": Internal,
    "state": StateTimeout,
    "event": EventTimeout,
    "generic": GenericTimeout,
}


class Handling(Machine):
    """Has one callback for all states."""

    def handle_event(self, state: Any, event: Any) -> Any:
        return self.do(state, event)


class Waiting(Machine):
    """Gives way in its callback."""

    async def handle_event(self, state: Any, event: Any) -> Any:
        await sleep(0)
        return self.do(state, event)


class Functions(Machine):
    """Has a callback for each state."""

    @state
    def s0(self, event: Any) -> Any:
        return self.do("s0", event)

    @state
    def s1(self, event: Any) -> Any:
        return self.do("s1", event)

    @state
    def s2(self, event: Any) -> Any:
        return self.do("s2", event)


class EnteredHandling(Handling):
    state_enter = True


class EnteredWaiting(Waiting):
    state_enter = True


class EnteredFunctions(Functions):
    state_enter = True


CLASSES = {
    Handling: EnteredHandling,
    Waiting: EnteredWaiting,
    Functions: EnteredFunctions,
}


def key_of(event: Any) -> tuple[Any, ...]:
    """Return an event as the table has it."""
    match event:
        case Call(content, _):
            return "call", content
        case Cast(content):
            return "cast", content
        case Info(Exit(_, reason)):
            return "exit", reason
        case Info(content):
            return "info", content
        case Internal(content):
            return "internal", content
        case StateTimeout(content):
            return "state", content
        case EventTimeout(content):
            return "event", content
        case GenericTimeout(name, content):
            return "generic", name, content
        case Enter(old):
            return "enter", old
    raise AssertionError(event)


def timeout(kind: Any, how: Any, *name: Any) -> Any:
    """Return an action of a timeout."""
    match how:
        case ("after", time, content):
            return kind.after(*name, None if time == "infinity" else float(time), content)
        case ("update", content):
            return kind.update(*name, content)
    return kind.cancel(*name)


async def play(_: int, case: dict[str, Any]) -> list[Any]:
    """Do what a case says; return what is seen."""
    cls = Functions if case["functions"] else Waiting if case["waits"] else Handling
    return await driver.play(CLASSES[cls] if case["enter"] else cls, case)


if __name__ == "__main__":
    beam.end(beam.main(SCRIPT, make_case, play, "state machines"))
