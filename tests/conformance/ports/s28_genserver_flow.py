"""Scenario 28: timeouts, continue, hibernate, late replies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aquavit
from aquavit import (
    HIBERNATE,
    NO_REPLY,
    Continue,
    GenServer,
    NoReply,
    Ref,
    Reply,
    Stop,
    Timeout,
    receive,
    self,
    send,
    sleep,
    spawn,
)
from tests.conformance import trace as t
from tests.support import died, info

_HIBERNATE = "a process has no heap of its own to shrink; to hibernate is to wait"
DEPARTURES: dict[str, str] = {}
CHANGES = {
    "hibernate": ("{:h, {:status, :waiting}}", _HIBERNATE),
    "reply_in_cast": (
        "{:bad_return_value, {:reply, 1}}",
        "the state is on the instance, and no part of a result",
    ),
}


class S(GenServer):
    """Does what it is asked, and tells main of the rest."""

    def init(self, main: Any) -> None:
        """Keep whom to tell."""
        self.main = main

    def handle_call(self, request: Any, from_: Any) -> Any:
        """Do it."""
        return request(from_)

    def handle_cast(self, request: Any) -> Any:
        """Do it; what awaits is awaited by the loop."""
        return request()

    def handle_continue(self, argument: Any) -> Any:
        """Do it, or tell."""
        if callable(argument):
            return argument()
        send(self.main, ("cont", argument))
        return None

    def handle_info(self, message: Any) -> None:
        """Tell."""
        send(self.main, ("info", message))


async def _new() -> Any:
    return t.name(await S.start(self()), "S")


def _call(server: Any, act: Callable[[Any], Any]) -> Any:
    return GenServer.call(server, act)


async def main() -> None:
    """Play the scenario."""
    await _timeouts(await _new())
    server = await _new()
    await _continues(server, self())
    replied = await _call(server, lambda from_: Reply("h", then=HIBERNATE))
    await t.settle()
    t.p("hibernate", (replied, ("status", info(server).status)))
    t.p("awake", await _call(server, lambda from_: "awake"))
    server = await _new()
    ref = aquavit.monitor(server)
    stop = Stop("from_continue")
    GenServer.cast(server, lambda: Continue(lambda: stop))
    t.p("stop_in_continue", await t.wait(ref))
    server = await _new()
    t.p("from", await _call(server, lambda from_: (from_.pid, isinstance(from_, Ref))))
    await _interleaved(server, self())
    t.p("stop_reply", await _call(server, lambda from_: Stop("shutdown", reply="last")))
    t.p("stopped", await died(server))
    server = await _new()
    for message in (("$gen_cast",), ("any", "thing"), None):
        send(server, message)
    t.p("infos", await t.flush())
    ref = aquavit.monitor(server)
    GenServer.cast(server, lambda: Reply(1))
    word, result = await t.wait(ref)
    t.p("reply_in_cast", (word, ("reply", result.value)))


async def _timeouts(server: Any) -> None:
    async def busy() -> Any:
        await sleep(0.03)
        return NoReply(then=Timeout(0))

    replied = await _call(server, lambda from_: Reply("ok", then=Timeout(0.03)))
    t.p("t_reply", (replied, await t.flush(0.08)))
    GenServer.cast(server, lambda: Timeout(0.04))
    send(server, "interrupt")
    t.p("t_interrupted", await t.flush(0.1))
    GenServer.cast(server, lambda: Timeout(0.02))
    t.p("t_once", await t.flush(0.1))
    t.p("t_infinity", (await _call(server, lambda from_: Reply(1)), await t.flush(0.03)))
    GenServer.cast(server, busy)
    send(server, "already_here")
    t.p("t_zero_busy", await t.flush(0.12))
    GenServer.cast(server, lambda: Timeout(0))
    t.p("t_zero_idle", await t.flush(0.05))


async def _continues(server: Any, main: Any) -> None:
    async def busy() -> Any:
        await sleep(0.03)
        return Continue("c")

    def first() -> Any:
        send(main, "first")
        return Continue("second")

    GenServer.cast(server, busy)
    send(server, "queued")
    t.p("continue", await t.flush(0.12))
    replied = await _call(server, lambda from_: Reply("r", then=Continue("after_reply")))
    t.p("reply_continue", (replied, await t.flush()))
    GenServer.cast(server, lambda: Continue(first))
    t.p("chain", await t.flush())


async def _interleaved(server: Any, main: Any) -> None:
    def hold(from_: Any) -> Any:
        send(main, ("from", from_))
        return NO_REPLY

    async def ask() -> None:
        send(main, ("a", await _call(server, hold)))

    spawn(ask)
    _, from_a = await receive(("from", ...))
    b = await _call(server, lambda from_: "b_done")
    GenServer.reply(from_a, "a_done")
    t.p("interleaved", (b, (await receive(("a", ...)))[1]))
