"""The simulated runtime: which moves there are, and what each of them does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aquavit
from aquavit import Down, Exit, self
from aquavit.core import loops
from aquavit.core.simulated import SimulatedRuntime
from aquavit.tools.testing.simulated_loop import SimulatedLoop

Choose = Callable[[SimulatedRuntime], int]


def first(runtime: SimulatedRuntime) -> int:
    """Choose the first move, as the real runtime does."""
    return 0


def signals_last(runtime: SimulatedRuntime) -> int:
    """Let a signal arrive only when there is nothing else to do."""
    kinds = [kind for kind, *_ in runtime.moves_now()]
    return next((place for place, kind in enumerate(kinds) if kind == "step"), 0)


def main_last(runtime: SimulatedRuntime) -> int:
    """Let all others go on first; what reaches the first process comes youngest first."""
    moves = runtime.moves_now()
    oldest = min(pid.id for pid in aquavit.processes())
    others = [place for place, (_, number, _) in enumerate(moves) if number > oldest]
    return others[0] if others else len(moves) - 1


def simulated(main: Any, choose: Choose = first, *, delays: bool = True) -> Any:
    """Run `main` on a simulated runtime; return what it appends to the list it is given."""
    loop = SimulatedLoop()
    runtime = SimulatedRuntime(loop, loop.callbacks, lambda n: choose(runtime), delays, 0.0)
    loop.runtime = runtime
    loops._RUNTIMES[loop] = runtime
    said: list[Any] = []
    asyncio._set_running_loop(loop)
    try:
        first = runtime.spawn(None, main, (said,))
        first.extras().on_end = lambda reason: setattr(runtime, "over", True)
        assert runtime.run(), f"{main.__name__} waits for ever"
        runtime.over = False
        runtime.stop_all(lambda: setattr(runtime, "over", True))
        assert runtime.over or runtime.run()
    finally:
        asyncio._set_running_loop(None)
        loops._RUNTIMES.pop(loop)
    assert first.reason == "normal", first.reason
    return said


def test_time_passes_at_once_when_all_wait() -> None:
    async def main(said: list[Any]) -> None:
        await aquavit.sleep(3600.0)
        said.append(asyncio.get_running_loop().time())

    assert simulated(main) == [3600.0]


async def relay(first: Any, second: Any) -> None:
    """Send to one process, and then to another that passes it on to the first."""
    aquavit.send(first, "direct")
    aquavit.send(second, "round")


async def race(said: list[Any]) -> None:
    me = self()
    second = aquavit.spawn(lambda: _pass_on(me))
    aquavit.spawn(relay, me, second)
    said.extend([await aquavit.receive(), await aquavit.receive()])


async def _pass_on(dest: Any) -> None:
    aquavit.send(dest, await aquavit.receive())


def test_the_first_moves_are_those_of_the_real_runtime() -> None:
    assert simulated(race) == ["direct", "round"]


def test_a_message_may_be_overtaken_by_another_sender() -> None:
    assert simulated(race, main_last) == ["round", "direct"]


def test_nothing_is_overtaken_without_delays() -> None:
    assert simulated(race, main_last, delays=False) == ["direct", "round"]


def test_messages_of_one_sender_keep_their_order() -> None:
    async def main(said: list[Any]) -> None:
        me = self()
        aquavit.spawn(lambda: [aquavit.send(me, number) for number in range(5)])
        said.extend([await aquavit.receive() for _ in range(5)])

    for choose in (first, signals_last, main_last):
        assert simulated(main, choose) == [0, 1, 2, 3, 4]


def test_the_sender_sees_what_its_signals_have_done() -> None:
    async def main(said: list[Any]) -> None:
        pid = aquavit.spawn(aquavit.sleep, None)
        aquavit.kill(pid)
        said.append(aquavit.is_alive(pid))

    assert simulated(main, signals_last) == [False]


def test_no_exit_signal_arrives_after_unlink() -> None:
    async def main(said: list[Any]) -> None:
        aquavit.trap_exit(True)
        pid = aquavit.spawn_link(lambda: None)
        while aquavit.is_alive(pid):
            await aquavit.sleep(0)
        aquavit.unlink(pid)
        said.append(await aquavit.receive(Exit(pid, ...), timeout=1.0, default=None))

    assert simulated(main, signals_last) == [None]


def test_no_down_arrives_after_demonitor() -> None:
    async def main(said: list[Any]) -> None:
        pid, ref = aquavit.spawn_monitor(lambda: None)
        while aquavit.is_alive(pid):
            await aquavit.sleep(0)
        aquavit.demonitor(ref)
        said.append(await aquavit.receive(Down(ref, ..., ...), timeout=1.0, default=None))

    assert simulated(main, signals_last) == [None]


def test_a_down_comes_behind_what_the_process_has_sent() -> None:
    async def main(said: list[Any]) -> None:
        me = self()
        pid, _ = aquavit.spawn_monitor(lambda: aquavit.send(me, "last words"))
        while aquavit.is_alive(pid):
            await aquavit.sleep(0)
        aquavit.monitor(pid)
        said.extend([await aquavit.receive() for _ in range(3)])

    for choose in (first, signals_last):
        words, *downs = simulated(main, choose)
        assert words == "last words"
        assert {down.reason for down in downs} == {"normal", "noproc"}


def test_a_down_of_the_dead_may_come_later_than_what_one_sends_to_oneself() -> None:
    async def main(said: list[Any]) -> None:
        pid = aquavit.spawn(lambda: None)
        while aquavit.is_alive(pid):
            await aquavit.sleep(0)
        aquavit.monitor(pid)
        aquavit.send(self(), "own")
        said.extend([await aquavit.receive(), (await aquavit.receive()).reason])

    assert simulated(main, signals_last) == ["own", "noproc"]


def test_timers_with_one_deadline_fire_in_any_order() -> None:
    async def main(said: list[Any]) -> None:
        for number in range(3):
            aquavit.send_after(self(), number, 1.0)
        said.extend([await aquavit.receive() for _ in range(3)])

    assert simulated(main) == [0, 1, 2]
    assert simulated(main, main_last) == [2, 1, 0]


def test_asyncio_works_on_it() -> None:
    async def main(said: list[Any]) -> None:
        async def task() -> str:
            await asyncio.get_running_loop().create_future()
            return "never"

        try:
            async with asyncio.timeout(5.0):
                await asyncio.create_task(task())
        except TimeoutError:
            said.append(asyncio.get_running_loop().time())

    assert simulated(main) == [5.0]
