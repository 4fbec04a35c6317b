"""Calls under many schedules: each caller hears exactly one outcome, and nothing is left."""

from __future__ import annotations

from typing import Any

import pytest

from aquavit import (
    NO_REPLY,
    CallTimeout,
    Down,
    GenServer,
    NoProcess,
    Pid,
    ServerExit,
    exit,
    flush,
    is_alive,
    kill,
    monitor,
    receive,
    self,
    send,
    sleep,
    spawn,
    spawn_monitor,
    trap_exit,
)
from aquavit.testing import explore


class Server(GenServer):
    """Replies at once, after a while, through another process, or never."""

    def init(self) -> None:
        """Begin."""
        self.held: list[Any] = []

    async def handle_call(self, request: Any, from_: Any) -> Any:
        """Serve one request."""
        match request:
            case "slow":
                await sleep(0.5)
                return request
            case "other":
                spawn(GenServer.reply, from_, request)
                return NO_REPLY
            case "held":
                self.held.append(from_)
                return NO_REPLY
        return request

    def handle_cast(self, request: Any) -> None:
        """Reply to those who were held, twice."""
        for from_ in self.held * 2:
            GenServer.reply(from_, "held")
        self.held.clear()


async def caller(server: Pid[Any], request: str, main: Pid[Any]) -> None:
    """Call; tell main what came, and what was left behind."""
    try:
        outcome: Any = await GenServer.call(server, request, timeout=1.0)
    except (CallTimeout, ServerExit, NoProcess) as error:
        outcome = error.reason
    await sleep(2.0)
    own: Any = self()
    rare = own.process.rare
    left = (flush(), rare is None or rare.asking is None)
    send(main, ("outcome", request, outcome, left))


REQUESTS = ("fast", "slow", "other", "held", "held")


async def calls(end: Any) -> None:
    """Let callers and `end` race; check what each of them hears."""
    server = await Server.start()
    for request in REQUESTS:
        spawn(caller, server, request, self())
    spawn(_later, server, end)
    GenServer.cast(server, "release")
    heard = [await receive(("outcome", ...), ("outcome", ..., ..., ...)) for _ in REQUESTS]
    for _, request, outcome, left in heard:
        assert left == ([], True), (request, outcome, left)
        assert outcome in (request, "timeout", "killed", "odd", "noproc", "told")
    if is_alive(server):
        found: Any = server.process
        assert found.rare is None or found.rare.asked is None
    assert flush() == []


async def _later(server: Pid[Any], end: Any) -> None:
    await sleep(0.25)
    if end is not None:
        await end(server)


async def _kill(server: Pid[Any]) -> None:
    kill(server)


async def _exit(server: Pid[Any]) -> None:
    exit(server, "odd")


async def _stop(server: Pid[Any]) -> None:
    await GenServer.stop(server, "told")


@pytest.mark.parametrize("end", [None, _kill, _exit, _stop])
def test_calls_race_with_the_servers_end(end: Any) -> None:
    explore(calls, end, schedules=2000)


async def starts() -> None:
    """Let two starts of one name race with who kills what is started."""

    class Named(GenServer):
        async def init(self) -> None:
            await sleep(0.1)

    main = self()

    async def starter() -> None:
        trap_exit(True)
        try:
            pid: Any = await Named.start_link(name="one")
        except Exception as error:
            pid = type(error).__name__
        send(main, (pid, flush()))

    async def killer() -> None:
        from aquavit import whereis

        await sleep(0.1)
        found = whereis("one")
        if found is not None:
            kill(found)

    children = [spawn_monitor(starter) for _ in range(2)]
    killed, ref = spawn_monitor(killer)
    got = [await receive((..., list)) for _ in children]
    for _, each in [*children, (killed, ref)]:
        await receive(Down(each, ..., ...))
    pids = [pid for pid, _ in got if isinstance(pid, Pid)]
    assert len(pids) <= 1
    for pid, messages in got:
        if not isinstance(pid, Pid):
            assert pid in ("AlreadyStarted", "StartError")
            assert messages == []
    for pid in pids:
        watched = monitor(pid)
        kill(pid)
        await receive(Down(watched, ..., ...))


def test_starts_of_one_name_race_with_a_kill() -> None:
    explore(starts, schedules=2000)
