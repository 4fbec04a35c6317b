"""Random programs: whatever processes do to each other, the runtime stays whole.

Each seed makes a crowd of processes that spawn, link, monitor, kill, send and wait at
random, with asyncio's timeouts, task groups and adopted tasks among them. At the end
everything is killed, and nothing may be left. A failure names its seed.
"""

from __future__ import annotations

import asyncio
import logging
import random
from typing import Any

import pytest

import aquavit
from aquavit import Down, NoProcess, Pid, ProcessExit
from aquavit.core import loops
from tests.support import loop_factory

MESSAGES = (1, ("a", 2), [1, 2], {"k": [1]}, "s", None)
REASONS = ("normal", "x", ("shutdown", 1), ["mutable"])
ERRORS = (ValueError, KeyError, lambda: ProcessExit("r"), lambda: ProcessExit(["l"]))


class Crowd:
    """One process's random choices; the list of pids is shared by all."""

    def __init__(self, seed: int, pids: list[Pid]) -> None:
        self.random = random.Random(seed)
        self.pids = pids
        self.refs: list[Any] = []

    def act(self) -> None:
        """Do one random thing that does not wait."""
        acts = (
            *(self.start, self.relate, self.end, self.talk, self.talk, self.talk),
            *(self.call_names, self.look, self.fail),
        )
        self.random.choice(acts)(self.random.choice(self.pids))

    def start(self, _: Pid) -> None:
        arguments = (run_crowd, self.random.randrange(1 << 30), aquavit.share(self.pids))
        how = self.random.choice((aquavit.spawn, aquavit.spawn_link, aquavit.spawn_monitor))
        made = how(*arguments)
        self.pids.append(made[0] if isinstance(made, tuple) else made)
        del self.pids[:-60]

    def relate(self, target: Pid) -> None:
        choice = self.random.randrange(5)
        if choice == 0:
            aquavit.link(target)
        elif choice == 1:
            aquavit.unlink(target)
        elif choice == 2 and self.refs:
            aquavit.demonitor(self.random.choice(self.refs), flush=self.random.random() < 0.5)
        elif choice == 3:
            self.refs.append(aquavit.alias(reply=self.random.random() < 0.5))
        else:
            mode = self.random.choice((None, "demonitor", "reply_demonitor"))
            self.refs.append(aquavit.monitor(target, alias=mode))

    def end(self, target: Pid) -> None:
        if self.random.random() < 0.3:
            aquavit.kill(target)
        else:
            aquavit.trap_exit(self.random.random() < 0.5)
            aquavit.exit(target, self.random.choice(REASONS))

    def talk(self, target: Pid) -> None:
        aquavit.send(target, self.random.choice(MESSAGES))
        aquavit.send_after(target, "tick", self.random.random() * 0.002)
        if self.refs:
            aquavit.send(self.random.choice(self.refs), "through a ref")

    def call_names(self, target: Pid) -> None:
        name = f"name {self.random.randrange(5)}"
        if aquavit.whereis(name) is not None:
            aquavit.unregister(name)
        elif aquavit.is_alive(target):
            found = aquavit.process_info(target)
            if found is not None and found.name is None:
                aquavit.register(target, name)

    def look(self, target: Pid) -> None:
        aquavit.process_info(target)
        aquavit.set_label(self.random.random())
        aquavit.process_dict()["key"] = aquavit.flush()

    def fail(self, _: Pid) -> None:
        if self.random.random() < 0.1:
            raise self.random.choice(ERRORS)()

    async def wait(self) -> None:
        """Wait in one of the ways there are."""
        waits = (self.give_way, self.receive, self.receive, self.time_out, self.task_group)
        await self.random.choice(waits)()

    async def give_way(self) -> None:
        try:
            await aquavit.sleep(0)
        finally:
            if self.random.random() < 0.2:
                await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0.001)

    async def receive(self) -> None:
        limit = self.random.random() * 0.002
        if self.refs and self.random.random() < 0.5:
            ref = self.refs[-1]
            await aquavit.receive((ref, ...), Down(ref, ..., ...), timeout=limit, default=None)
        else:
            patterns = self.random.choice(((), (int, ("a", ...)), ({"k": ...},)))
            await aquavit.receive(*patterns, timeout=limit, default=None)

    async def time_out(self) -> None:
        try:
            async with asyncio.timeout(0.001):
                await aquavit.receive(lambda message: message == "never")
        except TimeoutError:
            return

    async def task_group(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.adopted())

    async def adopted(self) -> None:
        """An ordinary asyncio task that becomes a process."""
        aquavit.send(aquavit.self(), self.random.choice(MESSAGES))
        await aquavit.receive(timeout=0.001, default=None)


async def run_crowd(seed: int, pids: list[Pid]) -> None:
    crowd = Crowd(seed, pids)
    for _ in range(crowd.random.randrange(25)):
        try:
            crowd.act()
        except NoProcess:  # a name or a link to one that has just died
            continue
        if crowd.random.random() < 0.6:
            await crowd.wait()


async def program(seed: int) -> None:
    aquavit.trap_exit(True)
    runtime = loops.runtime_of(asyncio.get_running_loop())
    runtime.cleanup_timeout = 0.05
    pids = [aquavit.spawn(aquavit.sleep, None)]
    for number in range(40):
        pids.append(aquavit.spawn(run_crowd, seed * 1000 + number, aquavit.share(pids)))
    await aquavit.receive("never", timeout=0.03, default=None)
    while runtime.alive > 1:
        for pid in aquavit.processes():
            if pid != aquavit.self():
                aquavit.kill(pid)
        await aquavit.receive("never", timeout=0.001, default=None)
    aquavit.flush()
    own = aquavit.process_info(aquavit.self())
    assert own is not None
    assert own.links == ()
    assert runtime.alive == 1
    assert [each for each in runtime.table if each is not None] == [aquavit.self().process]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_left_of_a_random_crowd(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    aquavit.run(program, seed, loop_factory=loop_factory())
