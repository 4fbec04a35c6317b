"""Scenario 47: the reports of processes, tasks and servers, each printed once."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aquavit import (
    Agent,
    GenServer,
    Pid,
    ProcessExit,
    Stop,
    Task,
    kill,
    register,
    self,
    send,
    sleep,
    spawn,
    unregister,
)
from tests.conformance import trace as t
from tests.conformance.logged import Listener

_NO_THROW = "Python has no throw; what is raised is an exception"
_ERRORS = "errors keep their Python classes and their words"
_WORDS = "Python's callbacks are methods; they have no clauses and no arity"
_BARE = "a registered name is a plain string, and stands in a title without quotes"
_TUPLE = "a tuple is shown as Python shows it"
DEPARTURES = {
    "spawn throw [error]": _NO_THROW,
    "task throw [error]": _NO_THROW,
    "gs cast throw [error]": _NO_THROW,
}
_TASK = "Task #P started from log_main terminating\n"
_TAIL = "\n    STACK\nFunction: FUN\n    Args: []"
CHANGES = {
    "spawn erlang error [error]": (
        "Process #P raised an exception\n** (ZeroDivisionError) division by zero\n    STACK",
        _ERRORS,
    ),
    "task raise [error]": (_TASK + "** (RuntimeError) oops" + _TAIL, _BARE),
    "task exit [error]": (_TASK + "** (stop) :bad" + _TAIL, _BARE),
    "gs stop odd [error]": (
        "GenServer #P terminating\n** (stop) :odd\n"
        'Last message: {:"$gen_cast", (:stop, :odd)}\nState: :the_state',
        _TUPLE,
    ),
    "gs bad return [error]": (
        "GenServer #P terminating\n** (stop) bad return value: :bad_return\n"
        "    expected from handle_cast: None, NoReply(then=...), Continue(...), Timeout(...),"
        " HIBERNATE or Stop(reason)\n"
        'Last message: {:"$gen_cast", :bad}\nState: :the_state',
        "the report says what would have been good",
    ),
    "agent raise [error]": (
        "GenServer #P terminating\n** (RuntimeError) in agent\n    STACK\n"
        'Last message: {:"$gen_cast", (:cast, FUN, ())}\nState: 0',
        _TUPLE,
    ),
    "gs named [error]": (
        "GenServer my_server terminating\n** (stop) :odd\n"
        'Last message: {:"$gen_cast", (:stop, :odd)}\nState: 1',
        _BARE,
    ),
    "gs unknown info [error]": (
        "D #P received unexpected message in handle_info: :what",
        _WORDS,
    ),
    "gs unknown cast [error]": (
        "GenServer #P terminating\n** (RuntimeError) attempted to cast GenServer #P but it does not"
        ' define handle_cast\nLast message: {:"$gen_cast", :what}\nState: 1',
        f"{_WORDS}; frames of this package are left out, and there are no others",
    ),
}


class S(GenServer):
    """A server with all ways to crash."""

    def init(self, value: Any) -> None:
        """Keep a state."""
        self.value = value

    def format_status(self, reason: str, state: Any) -> Any:
        """Show the state as the scenario has it."""
        return state["value"]

    def handle_call(self, request: Any, from_: Any) -> Any:
        """Crash."""
        if request == "raise":
            raise RuntimeError("in call")
        raise ProcessExit("bad_thing")

    def handle_cast(self, request: Any) -> Any:
        """Crash, or stop."""
        match request:
            case "raise":
                raise RuntimeError("in cast")
            case "bad":
                return "bad_return"
            case ("stop", reason):
                return Stop(reason)

    def handle_info(self, message: Any) -> None:
        """Crash."""
        raise RuntimeError("in info")


class D(GenServer):
    """A server without callbacks."""

    def init(self, value: Any) -> None:
        """Keep a state."""
        self.value = value

    def format_status(self, reason: str, state: Any) -> Any:
        """Show the state as the scenario has it."""
        return state["value"]


def _raise() -> None:
    raise RuntimeError("oops")


def _divide() -> None:
    _ = 1 / 0


def _leave(reason: object) -> Callable[[], None]:
    def leave() -> None:
        raise ProcessExit(reason)

    return leave


def _killed() -> Pid[Any]:
    pid = spawn(sleep, None)
    kill(pid)
    return pid


def _quiet_tasks() -> Pid[Any]:
    Task.start(_leave("normal"))
    Task.start(_leave("shutdown"))
    return Task.start(_leave(("shutdown", 1)))


def _called(request: Any) -> Callable[[], Awaitable[Pid[Any]]]:
    async def go() -> Pid[Any]:
        pid = await S.start("the_state")
        await t.attempt(lambda: GenServer.call(pid, request))
        return pid

    return go


def _cast(request: Any, cls: type[GenServer] = S, state: Any = "the_state") -> Any:
    async def go() -> Pid[Any]:
        name = "my_server" if request == ("stop", "named") else None
        pid = await cls.start(state, name=name)
        GenServer.cast(pid, ("stop", "odd") if name else request)
        return pid

    return go


def _sent(message: Any, cls: type[GenServer]) -> Any:
    async def go() -> Pid[Any]:
        pid = await cls.start(1)
        send(pid, message)
        return pid

    return go


def _raise_in_agent(value: Any) -> None:
    raise RuntimeError("in agent")


async def _fails_in_init() -> Pid[Any]:
    await t.attempt(lambda: Agent.start(_raise))
    return self()


async def _cast_to_agent() -> Pid[Any]:
    pid = await Agent.start(lambda: 0)
    Agent.cast(pid, _raise_in_agent)
    return pid


WAYS: dict[str, Callable[[], Any]] = {
    "spawn raise": lambda: spawn(_raise),
    "spawn erlang error": lambda: spawn(_divide),
    "spawn exit (nothing)": lambda: spawn(_leave("bye")),
    "spawn exit normal (nothing)": lambda: spawn(lambda: "ok"),
    "spawn killed (nothing)": _killed,
    "task raise": lambda: Task.start(_raise),
    "task exit": lambda: Task.start(_leave("bad")),
    "task exit normal/shutdown (nothing)": _quiet_tasks,
    "gs call raise": _called("raise"),
    "gs call exit": _called("exit"),
    "gs cast raise": _cast("raise"),
    "gs bad return": _cast("bad"),
    "gs stop odd": _cast(("stop", "odd")),
    "gs stop normal (nothing)": _cast(("stop", "normal")),
    "gs stop shutdown (nothing)": _cast(("stop", ("shutdown", "x"))),
    "gs info raise": _sent("raise", S),
    "gs named": _cast(("stop", "named"), state=1),
    "gs unknown info": _sent("what", D),
    "gs unknown cast": _cast("what", D, 1),
    "gs init raise (nothing without sasl)": _fails_in_init,
    "agent raise": _cast_to_agent,
}


async def main() -> None:
    """Play the scenario."""
    logger, listener = logging.getLogger("aquavit"), Listener()
    logger.addHandler(listener)
    logger.disabled = False
    register(self(), "log_main")
    try:
        for tag, go in WAYS.items():
            made = go()
            pid = t.name(await made if hasattr(made, "__await__") else made, "P")
            await t.settle()
            listener.print(tag)
            t.forget(pid)
    finally:
        unregister("log_main")
        logger.removeHandler(listener)
