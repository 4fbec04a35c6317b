"""Random state machines beside gen_statem's: who is called with what, in which order.

    python -m tests.conformance.differential.machines                   2,000 machines
    python -m tests.conformance.differential.machines --cases 100000    a night

A machine is a table: for a state and an event, where to go and what to do. All its casts
are in the mailbox before it begins, and no timeout takes time: it is due at once or never.
So there is one trace only, and it must be the same.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import aquavit
from aquavit import (
    POSTPONE,
    Cast,
    Down,
    Enter,
    EventTimeout,
    GenericTimeout,
    GenServer,
    GenStateMachine,
    Internal,
    KeepState,
    NextEvent,
    NextState,
    RepeatState,
    StateTimeout,
    Stop,
    monitor,
    receive,
    self,
)
from tests.conformance.differential import beam

SCRIPT = Path(__file__).with_name("machines.exs")
STATES, MOST_CALLS = 3, 60
NEVER = 100_000
EVENTS: list[tuple[Any, ...]] = [
    *[(kind, number) for kind in ("cast", "internal") for number in range(3)],
    *[(kind, number) for kind in ("state", "event") for number in range(2)],
    *[("generic", name, number) for name in range(2) for number in range(2)],
]


def make_machine(number: int) -> tuple[Any, ...]:
    """Return the machine with that number: its table, its casts, its first actions."""
    draw = random.Random(number)
    table: dict[Any, Any] = {}
    for state in range(STATES):
        for event in EVENTS:
            match draw.randrange(20):
                case 0 | 1 | 2 | 3 | 4:
                    continue
                case 5 | 6 | 7 | 8 | 9:
                    result: tuple[Any, ...] = ("keep",)
                case 10 | 11:
                    result = ("repeat",)
                case _:
                    result = ("next", draw.randrange(STATES))
            table[state, event] = (*result, make_actions(draw, ("timeout", "next", POSTPONED)))
        if draw.random() < 0.5:
            again = "repeat" if draw.random() < 0.04 else "keep"
            table[state, "enter"] = (again, make_actions(draw, ("timeout",)))
    casts = [draw.randrange(3) for _ in range(draw.randint(1, 5))]
    return table, casts, make_actions(draw, ("timeout", "next"))


POSTPONED = "postpone"


def make_actions(draw: random.Random, kinds: tuple[str, ...]) -> list[Any]:
    """Return a few random actions."""
    found: list[Any] = []
    for _ in range(draw.choice((0, 0, 1, 1, 2, 3))):
        match draw.choice((*kinds, "timeout")):
            case "timeout":
                found.append(make_timeout(draw))
            case "next":
                found.append(("next", draw.choice(("cast", "internal")), draw.randrange(3)))
            case _:
                found.append(POSTPONED)
    return found


def make_timeout(draw: random.Random) -> tuple[Any, ...]:
    """Return a random action of a timeout."""
    content = draw.randrange(2)
    how = draw.choice(
        (
            *[("after", time, content) for time in (0, 0, 0, NEVER, "infinity")],
            "cancel",
            ("update", content),
        )
    )
    kind = draw.choice(("state", "event", "generic"))
    return (kind, draw.randrange(2), how) if kind == "generic" else (kind, how)


class Trace(list[Any]):
    """What a machine has been called with; shared on purpose."""


aquavit.isolation.register(Trace, reference=True)


class Machine(GenStateMachine):
    """Does what its table says."""

    state_enter = True

    def init(self, table: Any, casts: list[Any], first: list[Any], trace: Trace) -> Any:
        self.table, self.trace = table, trace
        for each in (*casts, "end"):
            GenServer.cast(self_pid(), each)
        return NextState(0, *map(action, first))

    def handle_event(self, state: Any, event: Any) -> Any:
        key = key_of(event)
        self.trace.append((state, key))
        if len(self.trace) > MOST_CALLS or key == ("cast", "end"):
            return Stop("normal")
        match self.table.get((state, "enter" if key[0] == "enter" else key)):
            case ("keep", actions):
                return KeepState(*map(action, actions))
            case ("repeat", actions):
                return RepeatState(*map(action, actions))
            case ("next", new, actions):
                return NextState(new, *map(action, actions))
        return None

    def terminate(self, reason: Any) -> None:
        self.trace.append(("end", self.state, reason))


self_pid = self


def key_of(event: Any) -> tuple[Any, ...]:
    """Return an event as the table has it."""
    match event:
        case Cast(content):
            return "cast", content
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


def action(each: Any) -> Any:
    """Return an action of a table as the machine does it."""
    match each:
        case ("next", "cast", content):
            return NextEvent(Cast(content))
        case ("next", "internal", content):
            return NextEvent(Internal(content))
        case ("generic", name, how):
            return timeout(GenericTimeout, how, name)
        case (kind, how):
            return timeout(StateTimeout if kind == "state" else EventTimeout, how)
    return POSTPONE


def timeout(kind: Any, how: Any, *name: Any) -> Any:
    """Return an action of a timeout."""
    match how:
        case ("after", time, content):
            return kind.after(*name, None if time == "infinity" else float(time), content)
        case ("update", content):
            return kind.update(*name, content)
    return kind.cancel(*name)


async def play(_: int, machine: tuple[Any, ...]) -> list[Any]:
    """Run a machine; return its trace."""
    trace = Trace()
    pid = await Machine.start(*machine, trace)
    await receive(Down(monitor(pid), ..., ...))
    return list(trace)


if __name__ == "__main__":
    beam.end(beam.main(SCRIPT, make_machine, play))
