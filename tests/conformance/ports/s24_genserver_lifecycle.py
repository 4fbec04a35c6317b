"""Scenario 24: a GenServer from start to stop, and the default callbacks."""

from __future__ import annotations

from typing import Any

import aquavit
from aquavit import ChildSpec, GenServer, Pid, Stop, self, send
from tests.conformance import trace as t
from tests.conformance.trace import Verbatim
from tests.support import died

_WORDS = "Python's callbacks are methods; they have no clauses and no arity"
_SPEC = "the id of a child is its class's name, a string"
DEPARTURES: dict[str, str] = {}
CHANGES = {
    "default_cast": (
        '{%RuntimeError{message: "attempted to cast GenServer #D1 but it does not define'
        ' handle_cast"}, STACK}',
        _WORDS,
    ),
    "default_call": (
        '{:exit, {{%RuntimeError{message: "attempted to call GenServer #D2 but it does not define'
        ' handle_call"}, STACK}, {GenServer, :call, [D2, :c, 5000]}}}',
        _WORDS,
    ),
    "child_spec": ("%{id: :S, start: {S, :start_link, [:arg]}}", _SPEC),
    "default_spec_opts": (
        "%{id: :x, restart: :temporary, shutdown: 0.01, start: {S, :start_link, [1]}}",
        "times are in seconds here, not in milliseconds",
    ),
}


class S(GenServer):
    """Tells main what happens to it."""

    def init(self, main: Pid[Any], n: int) -> None:
        """Keep the number."""
        self.main, self.n = main, n
        send(main, ("init", n, aquavit.self()))

    def handle_call(self, request: Any, from_: Any) -> Any:
        """Serve each request of the scenario."""
        match request:
            case "get":
                return self.n
            case ("add", amount):
                send(self.main, ("caller", from_.pid))
                self.n += amount
                return self.n
            case "stop":
                return Stop("normal", reply="bye")
            case "stop_r":
                return Stop("shutdown")

    def handle_cast(self, request: Any) -> Any:
        """Set the number, or stop."""
        if request == "stop":
            return Stop("normal")
        self.n = request[1]
        return None

    def handle_info(self, message: Any) -> None:
        """Pass it on."""
        send(self.main, ("info", message))

    def terminate(self, reason: Any) -> None:
        """Say so."""
        send(self.main, ("terminate", reason, self.n))


class D(GenServer):
    """A server without callbacks."""

    def init(self, state: Any) -> None:
        """Keep the state."""
        self.state = state


async def main() -> None:
    """Play the scenario."""
    pid = t.name(await S.start_link(self(), 1), "S")
    t.p("init", await t.flush())
    t.p("call", await GenServer.call(pid, "get"))
    t.p("add", await GenServer.call(pid, ("add", 4)))
    t.p("caller_is_me", await t.flush())
    t.p("cast", "ok" if GenServer.cast(pid, ("set", 100)) is None else "not ok")
    t.p("after_cast", await GenServer.call(pid, "get"))
    send(pid, "raw")
    t.p("plain_message", await t.flush())
    GenServer.cast(pid, ("set", 1))
    send(pid, "i1")
    GenServer.cast(pid, ("set", 2))
    t.p("ordered", (await GenServer.call(pid, "get"), await t.flush()))
    t.p("stop_reply", await GenServer.call(pid, "stop"))
    t.p("terminated", await t.flush())
    t.p("dead", await died(pid))
    t.p("me", t.status(self()))
    await _stopped()
    await _defaults()
    t.p("child_spec", _shown(S.child_spec("arg")))
    spec = S.child_spec(1).replace(id="x", restart="temporary", shutdown=0.01)
    t.p("default_spec_opts", _shown(spec))


async def _stopped() -> None:
    pid = t.name(await S.start(self(), 2), "S2")
    await t.flush()
    t.p("stop_no_reply", await t.attempt(lambda: GenServer.call(pid, "stop_r")))
    t.p("terminated2", await t.flush())
    pid = t.name(await S.start(self(), 3), "S3")
    ref = aquavit.monitor(pid)
    await t.flush()
    GenServer.cast(pid, "stop")
    t.p("cast_stop", (await t.wait(ref), await t.flush()))
    pid = t.name(await S.start_link(self(), 4), "S4")
    await t.flush()
    stopped, _ = await t.attempt(lambda: GenServer.stop(pid))
    t.p("stop", (stopped, t.status(pid), await t.flush()))


async def _defaults() -> None:
    pid = t.name(await D.start(0), "D1")
    ref = aquavit.monitor(pid)
    send(pid, "unknown")
    await t.settle()
    t.p("default_info", t.status(pid))
    GenServer.cast(pid, "c")
    t.p("default_cast", await t.wait(ref))
    pid = t.name(await D.start(0), "D2")
    t.p("default_call", await t.attempt(lambda: GenServer.call(pid, "c")))


def _shown(spec: ChildSpec) -> dict[str, Any]:
    """Return the fields that are not as `child_spec` gives them by default, as a map."""
    start: Any = spec.start[0]
    module, function = start.__qualname__.split(".")[0], start.__name__
    fields: dict[str, Any] = {"id": spec.id}
    assert (module, start.__self__) == ("GenServer", S)
    fields["start"] = (Verbatim("S"), function, list(spec.start[1:]))
    plain = S.child_spec()
    for field in ("restart", "shutdown", "type", "significant"):
        if getattr(spec, field) != getattr(plain, field):
            fields[field] = getattr(spec, field)
    return fields
