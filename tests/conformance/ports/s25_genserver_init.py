"""Scenario 25: what `init` may do, and what the start functions make of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aquavit
from aquavit import (
    HIBERNATE,
    IGNORE,
    Continue,
    GenServer,
    ProcessExit,
    Stop,
    Timeout,
    self,
    send,
    sleep,
    trap_exit,
    whereis,
)
from tests.conformance import trace as t
from tests.support import info

_NO_THROW = "Python has no throw; what is raised is an exception"
_RAISED = "a failed start is raised in the caller, whatever its reason; Elixir returns a tuple"
_NO_SIGNAL = "a failed start is raised in the caller, and no exit signal comes on top"
_STARTS = ("start", "start_link plain", "start_link trap")
DEPARTURES = {f"{start} {way}": _NO_THROW for start in _STARTS for way in ("throw_ok", "throw")}
_STACK = '{%RuntimeError{message: "in init"}, STACK}'
_BAD = "{:bad_return_value, :bad}"
CHANGES = {
    "start_link plain stop_normal": (":normal", _RAISED),
    "start_link plain exit_normal": (":normal", _RAISED),
    **{
        f"start_link trap {way}": (f"{{{result}, []}}", _NO_SIGNAL)
        for way, result in {
            "ignore": ":ignore",
            "stop": "{:error, :why}",
            "stop_normal": "{:error, :normal}",
            "stop_shutdown": "{:error, :shutdown}",
            "raise": f"{{:error, {_STACK}}}",
            "exit": "{:error, :e}",
            "exit_normal": "{:error, :normal}",
            "bad": f"{{:error, {_BAD}}}",
        }.items()
    },
    "hibernate": (
        "{{:status, :waiting}, 1}",
        "a process has no heap of its own to shrink; to hibernate is to wait",
    ),
    "bad_name": ("TypeError", "names are strings here; the name of the port is bytes"),
}


class S(GenServer):
    """Does in `init` what it is given."""

    def init(self, act: Callable[[Any], Any]) -> Any:
        """Do it."""
        self.main: Any = None
        self.s: Any = None
        return act(self)

    def handle_continue(self, argument: Any) -> None:
        """Tell main."""
        send(self.main, ("continue", argument))

    def handle_info(self, message: Any) -> None:
        """Tell main."""
        send(self.main, ("info", message))

    def handle_call(self, request: Any, from_: Any) -> Any:
        """Return the state."""
        return self.s


def _raise(server: S) -> None:
    raise RuntimeError("in init")


def _exit(reason: Any) -> Callable[[S], None]:
    def leave(server: S) -> None:
        raise ProcessExit(reason)

    return leave


def _ok(main: Any, then: Any = None) -> Callable[[S], Any]:
    def act(server: S) -> Any:
        server.main, server.s = main, 1
        return then

    return act


WAYS: dict[str, Callable[[S], Any]] = {
    "ok": lambda server: None,
    "ignore": lambda server: IGNORE,
    "stop": lambda server: Stop("why"),
    "stop_normal": lambda server: Stop("normal"),
    "stop_shutdown": lambda server: Stop("shutdown"),
    "raise": _raise,
    "exit": _exit("e"),
    "exit_normal": _exit("normal"),
    "bad": lambda server: "bad",
}


async def main() -> None:
    """Play the scenario."""
    for way, act in WAYS.items():
        t.p(f"start {way}", _named(await t.started(lambda act=act: S.start(act))))
    for way, act in WAYS.items():
        t.p(f"start_link plain {way}", await t.run(lambda act=act: _start_link(act)))
    trap_exit(True)
    for way, act in WAYS.items():
        result = _named(await t.started(lambda act=act: S.start_link(act)))
        seen = [("EXIT", message.reason) for message in await t.flush(0.005)]
        t.p(f"start_link trap {way}", (result, seen))
    await _thens(self())
    await _late()
    await _taken(self())


def _named(result: Any) -> Any:
    if result[0] == "ok":
        t.name(result[1], "PID")
    return result


async def _start_link(act: Callable[[S], Any]) -> None:
    pid = await S.start_link(act)
    raise ProcessExit(("value", "ignore" if pid is None else "ok_pid"))


async def _thens(main: Any) -> None:
    def act(server: S) -> Any:
        send(aquavit.self(), "queued_in_init")
        server.main = main
        return Continue("c1")

    await S.start(act)
    t.p("continue", await t.flush())
    await S.start(_ok(main, Timeout(0)))
    t.p("timeout0", await t.flush())
    await S.start(_ok(main, Timeout(0.02)))
    t.p("timeout20", await t.flush(0.08))
    pid = await S.start(_ok(main, HIBERNATE))
    await t.settle()
    t.p("hibernate", (("status", info(pid).status), await GenServer.call(pid, "s")))


async def _late() -> None:
    async def slow(server: S) -> None:
        await sleep(1.0)

    t.p("start_timeout", await t.started(lambda: S.start(slow, timeout=0.03)))
    late = await t.started(lambda: S.start_link(slow, timeout=0.03))
    t.p("start_link_timeout", (late, await t.flush(0.005)))


async def _taken(main: Any) -> None:
    t.name(await S.start(_ok(main), name="taken"), "HOLDER")

    def tell(server: S) -> None:
        send(main, "init_ran")

    t.p("name_taken", await t.started(lambda: S.start(tell, name="taken")))
    linked = await t.started(lambda: S.start_link(tell, name="taken"))
    t.p("name_taken_link", (linked, len(await t.flush())))
    name: Any = b"str"
    t.p("bad_name", (await t.attempt(lambda: S.start(_ok(main), name=name)))[1])
    t.p("nil_name", (await t.started(lambda: S.start(_ok(main), name=None)))[0])
    failed = await t.started(lambda: S.start(lambda server: Stop("no"), name="f"))
    t.p("failed_init_name", (failed, whereis("f")))
