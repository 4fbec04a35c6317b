"""Scenario 44: an agent, its functions, its failures and its names."""

from __future__ import annotations

from typing import Any

from aquavit import Agent, CallError, NoProcess, ProcessExit, Task, self, send, sleep, trap_exit
from aquavit import whereis as find
from tests.conformance import trace as t
from tests.conformance.trace import Text, Verbatim

DEPARTURES = {"start_throw": "Python has no throw"}
CHANGES: dict[str, tuple[str, str]] = {}


async def called(made: Any) -> Any:
    """Return the exit of a call that fails, without its arguments."""
    try:
        return "ok", await made
    except (CallError, NoProcess) as error:
        return "exit", error.reason, Verbatim("GenServer"), "call"


def _oops(value: Any) -> None:
    raise RuntimeError("oops")


def _init() -> None:
    raise RuntimeError("init")


def _leave() -> None:
    raise ProcessExit("e")


async def main() -> None:
    """Play the scenario."""
    await _workflow()
    await _failures()
    await _starts()
    await _names()
    trap_exit(False)
    count = await Agent.start_link(int)

    async def add() -> None:
        for _ in range(20):
            await Agent.update(count, lambda n: n + 1)

    await Task.await_many([Task.async_(add) for _ in range(50)])
    t.p("count", await Agent.get(count, lambda n: n))
    trap_exit(True)
    stopped = "ok" if await _stop(count, "shutdown") is None else "not ok"
    t.p("stop_reason", (stopped, [message.reason for message in await t.flush()]))
    agent = await Agent.start(lambda: "z")
    send(agent, "whatever")
    t.p("message_ignored", await Agent.get(agent, lambda value: value))


async def _stop(agent: Any, reason: str = "normal") -> None:
    await Agent.stop(agent, reason)


async def _workflow() -> None:
    main = self()

    def first() -> list[Text]:
        send(main, ("init_in", self() == main))
        return []

    def same(value: Any) -> Any:
        return value

    agent = await Agent.start_link(first)
    t.p("init", await t.flush())
    t.p("update", _ok(await Agent.update(agent, lambda basket: [Text("eggs"), *basket])))
    t.p("get", await Agent.get(agent, same))
    count = await Agent.get_and_update(agent, lambda basket: (len(basket), [Text("milk"), *basket]))
    t.p("get_and_update", count)
    t.p("cast", _ok(Agent.cast(agent, lambda basket: [Text("bread"), *basket])))
    t.p("after_cast", await Agent.get(agent, same))
    t.p("runs_in_agent", await Agent.get(agent, lambda _: self()) == agent)
    turned = Agent.update(agent, lambda basket: list(reversed(basket)))
    t.p("mfa", (await Agent.get(agent, len), _ok(await turned), await Agent.get(agent, same)))


def _ok(made: None) -> str:
    return "ok" if made is None else "not ok"


async def _failures() -> None:
    agent = await Agent.start(int)
    t.p("raise", await called(Agent.update(agent, _oops)))
    t.p("dead", (await t.down(agent), await called(Agent.get(agent, lambda n: n))))

    async def slowly(n: int) -> int:
        await sleep(0.08)
        return n + 1

    agent = await Agent.start(int)
    t.p("timeout", await called(Agent.update(agent, slowly, timeout=0.02)))
    t.p("after_timeout", (await Agent.get(agent, lambda n: n), await t.flush()))
    bad: Any = lambda _: "oops"  # noqa: E731
    t.p("bad_gau", await called(Agent.get_and_update(agent, bad)))


async def _starts() -> None:
    t.p("start_raise", await t.started(lambda: Agent.start(_init)))
    t.p("start_exit", await t.started(lambda: Agent.start(_leave)))

    async def start_link() -> None:
        await Agent.start_link(_leave)
        raise ProcessExit("survived")

    reason = await t.run(start_link)
    t.p("start_link_exit", reason.reason)
    numbers = await Agent.start(list, range(1, 4))
    t.p("start_mfa", await Agent.get(numbers, lambda value: value))


async def _names() -> None:
    agent = t.name(await Agent.start_link(lambda: 1, name="counter"), "COUNTER")
    again = await t.started(lambda: Agent.start_link(lambda: 2, name="counter"))
    t.p("name", (await Agent.get("counter", lambda n: n), again))
    await _stop("counter")
    t.p("stop", ("ok", find("counter")))
    try:
        await _stop("counter")
    except NoProcess as error:
        args = ["counter", "normal", "infinity"]
        t.p("stop_none", ("exit", (error.reason, (Verbatim("GenServer"), "stop", args))))
    t.p("cast_dead", _ok(Agent.cast(agent, lambda n: n)))
    t.p("get_noname", await called(Agent.get("counter", lambda n: n)))
