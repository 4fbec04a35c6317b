"""The simulator: the same seed is the same run, races are found, made small and shown."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import random
import secrets
import socket
import subprocess
import threading
import time
import uuid
import xml.etree.ElementTree as ET
from typing import Any

import pytest

import aquavit
from aquavit import Down, GenServer, Supervisor, receive, self, send, sleep, spawn
from aquavit.testing import (
    Deadlock,
    Faults,
    Livelock,
    SimulationError,
    SimulationFailure,
    assert_receive,
    explore,
    simulate,
)
from aquavit.tools.testing.schedules import read_schedule


async def account(balance: int) -> None:
    while True:
        match await receive():
            case ("read", caller):
                send(caller, ("balance", balance))
            case ("write", value):
                balance = value


async def deposit(bank: Any, amount: int, boss: Any, after: float) -> None:
    await sleep(after)
    send(bank, ("read", self()))
    _, balance = await receive(("balance", ...))
    send(bank, ("write", balance + amount))
    send(boss, "done")


async def racing_bank() -> int:
    """Two deposits that are apart in the real order, but may overlap."""
    bank = spawn(account, 100)
    spawn(deposit, bank, 10, self(), 1.0)
    spawn(deposit, bank, 20, self(), 1.0005)
    for _ in range(2):
        await receive("done")
    await sleep(1.0)
    send(bank, ("read", self()))
    _, balance = await receive(("balance", ...))
    assert balance == 130, f"balance is {balance}"
    return int(balance)


STRATEGIES = ("random", "pct", "exhaustive")


def failure_of(strategy: str, seed: int = 0) -> SimulationFailure:
    with pytest.raises(SimulationFailure) as found:
        explore(racing_bank, strategy=strategy, seed=seed, schedules=5000)
    return found.value


def test_without_a_seed_the_moves_are_those_of_the_real_runtime() -> None:
    found = simulate(racing_bank)
    assert found.result == 130
    assert found.seconds == pytest.approx(2.0005)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_planted_race_is_found_and_repeated(strategy: str) -> None:
    found = failure_of(strategy)
    assert isinstance(found.error, AssertionError)
    with pytest.raises(SimulationFailure) as again:
        simulate(racing_bank, seed=found.seed, schedule=found.schedule)
    assert again.value.trace.digest == found.trace.digest
    assert str(again.value.error) == str(found.error)


def test_a_schedule_is_made_as_small_as_it_goes() -> None:
    found = failure_of("random")
    switches = read_schedule(found.schedule)
    assert 1 <= len(switches) <= 2
    for left_out in switches:
        fewer = {place: move for place, move in switches.items() if place != left_out}
        text = " ".join(f"{place}:{move}" for place, move in fewer.items())
        assert simulate(racing_bank, seed=found.seed, schedule=text).result == 130


def test_a_seed_repeats_its_run_without_a_schedule() -> None:
    found = failure_of("random")
    for _ in range(3):
        with pytest.raises(SimulationFailure, match="balance is"):
            simulate(racing_bank, seed=found.seed)


@pytest.mark.parametrize("strategy", ["random", "pct"])
def test_the_same_seed_is_the_same_trace(strategy: str) -> None:
    async def main() -> None:
        me = self()
        for number in range(4):
            spawn(lambda number=number: send(me, (number, random.random(), time.time())))
        seen = {await receive() for _ in range(4)}
        assert len(seen) == 4
        await asyncio.wait_for(asyncio.sleep(random.random()), 5.0)

    digests = [
        {simulate(main, seed=seed, strategy=strategy).trace.digest for _ in range(3)}
        for seed in range(30)
    ]
    assert all(len(each) == 1 for each in digests)
    assert len(set.union(*digests)) > 20


def test_the_chart_shows_who_sends_what_to_whom() -> None:
    text = failure_of("random").trace.text()
    head, *rows = text.splitlines()
    assert head.split() == ["main", "account", "deposit", "deposit", "2"]
    assert any("▶" in row and row.endswith("('balance', 100)") for row in rows)
    assert any(row.startswith("!") for row in rows)
    assert "main ends: AssertionError('balance is 1" in rows[-1]


def test_the_picture_is_well_formed() -> None:
    drawing = ET.fromstring(failure_of("random").trace.svg())
    texts = [each.text for each in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert {"main", "account", "deposit", "deposit 2"} <= set(texts)


def test_all_schedules_of_a_small_program_are_counted() -> None:
    orders: set[Any] = set()

    async def main() -> None:
        me = self()
        for word in "abc":
            spawn(send, me, word)
        orders.add(tuple([await receive() for _ in range(3)]))

    found = explore(main, strategy="exhaustive", schedules=100_000)
    assert found.complete
    assert len(orders) == 6
    assert found.schedules < 1000


def test_a_deadlock_says_who_waits_where() -> None:
    async def main() -> None:
        send(self(), "unwanted")
        await receive("never")

    with pytest.raises(SimulationFailure, match="main waits") as found:
        explore(main)
    assert isinstance(found.value.error, Deadlock)
    _, main_line, place = str(found.value.error).splitlines()
    assert main_line.endswith("(main), waiting; mailbox: 'unwanted'")
    assert place.endswith('main  |  await receive("never")')


def test_a_livelock_ends() -> None:
    async def main() -> None:
        while True:
            await sleep(1.0)

    with pytest.raises(SimulationFailure) as found:
        simulate(main, max_moves=500)
    assert isinstance(found.value.error, Livelock)
    assert "max_moves=... allows more" in str(found.value)
    assert "schedule='', max_moves=500)" in str(found.value), "else it is not repeated"


def test_an_exit_signal_that_ends_main_fails_with_its_reason() -> None:
    async def main() -> None:
        aquavit.spawn_link(lambda: 1 / 0)
        await sleep(5.0)

    with pytest.raises(SimulationFailure, match=r"\(ZeroDivisionError\) division by zero"):
        simulate(main)


def test_time_costs_nothing_and_clocks_are_virtual() -> None:
    async def main() -> tuple[float, float]:
        start, wall = time.monotonic(), time.time()
        await asyncio.sleep(86_400)
        return time.monotonic() - start, time.time() - wall

    before = time.perf_counter()
    assert simulate(main).result == (86_400, 86_400)
    assert time.perf_counter() - before < 60


async def refused_io() -> None:
    await asyncio.open_connection("localhost", 1)


async def refused_thread() -> None:
    await asyncio.to_thread(print)


async def refused_own_thread() -> None:
    threading.Thread(target=print).start()


async def refused_sleep() -> None:
    time.sleep(1)


async def refused_subprocess() -> None:
    subprocess.run(["true"], check=False)


async def refused_look_up() -> None:
    socket.create_connection(("localhost", 1))


async def refused_datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(b"x", ("127.0.0.1", 9))


async def refused_system() -> None:
    os.system("true")


async def refused_fork() -> None:
    multiprocessing.get_context("fork").Process(target=print).start()


async def refused_in_a_child() -> None:
    spawn(refused_io)
    await sleep(1.0)


@pytest.mark.parametrize(
    "main",
    [
        *(refused_io, refused_thread, refused_own_thread),
        *(refused_sleep, refused_subprocess, refused_in_a_child, refused_look_up),
        *(refused_datagram, refused_system, refused_fork),
    ],
    ids=lambda main: main.__name__,
)
def test_the_real_world_is_refused_with_a_hint(main: Any) -> None:
    with pytest.raises(SimulationError, match="simulation: expected no") as found:
        simulate(main, seed=1)
    assert "\n" in str(found.value)
    with pytest.raises(SimulationError):
        explore(main)


def test_everything_is_as_before_after_a_simulation() -> None:
    before = (time.time, time.sleep, threading.Thread.start, random.getstate(), os.urandom)
    with pytest.raises(SimulationFailure):
        explore(racing_bank, schedules=5000)
    after = (time.time, time.sleep, threading.Thread.start, random.getstate(), os.urandom)
    assert after == before
    assert not logging.getLogger("aquavit").disabled
    assert aquavit.run(lambda: "runs", loop_factory=asyncio.new_event_loop) == "runs"


def test_a_simulation_does_not_start_inside_a_loop() -> None:
    async def main() -> None:
        with pytest.raises(RuntimeError, match="expected no running event loop"):
            explore(racing_bank)

    aquavit.run(main, loop_factory=asyncio.new_event_loop)


def test_wrong_arguments_are_told() -> None:
    with pytest.raises(ValueError, match="expected decisions and moves"):
        simulate(racing_bank, schedule="first")
    with pytest.raises(ValueError, match="expected one of"):
        explore(racing_bank, strategy="clever")
    with pytest.raises(TypeError, match="expected a function"):
        explore("main")  # type: ignore[arg-type]


class Counter(GenServer):
    def init(self) -> None:
        self.count = 0

    def handle_call(self, request: Any, from_: Any) -> int:
        self.count += 1
        return self.count


async def supervised() -> None:
    pid = await Supervisor.start_link([Counter.child_spec(name="counter")], max_restarts=1000)
    for _ in range(3):
        try:
            await GenServer.call("counter", "next", timeout=1.0)
        except (aquavit.CallError, aquavit.NoProcess):
            continue
    assert aquavit.is_alive(pid)
    await Supervisor.stop(pid)


def test_a_supervised_server_runs_under_many_schedules() -> None:
    assert explore(supervised, schedules=200).schedules == 200
    assert explore(supervised, schedules=200, strategy="pct").schedules == 200


async def fragile() -> None:
    """It does not expect that a worker may die."""
    me = self()
    pid, _ = aquavit.spawn_monitor(lambda: send(me, "result"))
    match await receive("result", Down(..., pid, ...)):
        case Down(_, _, reason):
            raise AssertionError(f"the worker died of {reason!r}")


@pytest.mark.parametrize("faults", [Faults(kill=0.2), Faults(crash=1)])
def test_faults_kill_and_crash_processes(faults: Faults) -> None:
    assert explore(fragile, schedules=100).schedules == 100
    with pytest.raises(SimulationFailure, match="the worker died of"):
        explore(fragile, schedules=1000, faults=faults)


def test_a_delayed_message_may_come_after_a_timeout() -> None:
    async def main() -> None:
        me = self()
        spawn(send, me, "quick")
        await assert_receive("quick", timeout=1.0)

    assert explore(main, schedules=300).schedules == 300
    with pytest.raises(SimulationFailure, match="no matching message"):
        explore(main, schedules=300, faults=Faults(delay=2.0))


def test_pids_are_counted_from_the_beginning_in_each_run() -> None:
    async def main() -> str:
        return repr(self())

    assert {simulate(main, seed=seed).result for seed in range(3)} == {"#PID<0.1.0>"}


def outcomes(main: Any, found: set[Any]) -> set[Any]:
    """Return what a program adds to `found` under every schedule."""
    assert explore(main, strategy="exhaustive", schedules=100_000).complete
    return found


def test_a_bounded_mailbox_is_as_full_as_its_senders_see() -> None:
    found: set[Any] = set()

    async def main() -> None:
        pid = spawn(sleep, None, mailbox=aquavit.Mailbox(2, "drop_new"))
        workers = [aquavit.spawn_monitor(fill, pid, word)[1] for word in "ab"]
        for ref in workers:
            await receive(Down(ref, ..., ...))
        found.add(aquavit.process_info(pid).messages)  # type: ignore[union-attr]

    def fill(pid: Any, word: str) -> None:
        for number in range(2):
            send(pid, word + str(number))

    assert outcomes(main, found) == {("a0", "a1"), ("b0", "b1")}


def test_what_is_told_of_the_dead_may_come_late_but_behind_their_messages() -> None:
    found: set[Any] = set()

    async def main() -> None:
        pid = spawn(send, self(), "last words")
        await sleep(0)
        if not aquavit.is_alive(pid):
            aquavit.monitor(pid)
            at_once = aquavit.flush()
            await receive(Down)
            found.add((*at_once, "later", *aquavit.flush()))

    assert outcomes(main, found) == {("last words", "later"), ("later", "last words")}


def test_all_schedules_include_those_that_differ_for_who_looks_at_another() -> None:
    found: set[Any] = set()

    async def main() -> None:
        me = self()
        pid = spawn(answer, me)
        await receive("ready")
        spawn(lambda: [send(pid, "question"), send(me, "sent")])
        await receive("sent")
        there = aquavit.process_info(pid).message_count  # type: ignore[union-attr]
        await receive("answer")
        found.add(there)

    async def answer(boss: Any) -> None:
        send(boss, "ready")
        send(self(), await receive())  # it is there from its arrival on
        send(boss, "answer")
        await sleep(None)

    assert outcomes(main, found) == {0, 1}


def test_messages_of_an_asyncio_task_are_under_way_too() -> None:
    found: set[Any] = set()

    async def main() -> None:
        me = self()
        relay = spawn(lambda: pass_on(me))

        async def task() -> None:
            assert self() != me
            send(me, "first")
            send(relay, "second")

        made = asyncio.create_task(task())
        found.add((await receive(), await receive()))
        await made

    async def pass_on(boss: Any) -> None:
        send(boss, await receive())

    assert outcomes(main, found) == {("first", "second"), ("second", "first")}


def test_chance_of_the_system_comes_from_the_seed() -> None:
    async def main() -> tuple[Any, ...]:
        return uuid.uuid4(), secrets.token_hex(), os.urandom(4)

    assert simulate(main, seed=1).result == simulate(main, seed=1).result
    assert simulate(main, seed=1).result != simulate(main, seed=2).result


def test_a_failure_says_where_it_was_raised_and_how_to_repeat_it() -> None:
    with pytest.raises(SimulationFailure) as found:
        explore(fragile, schedules=1000, faults=Faults(kill=0.2))
    text = str(found.value)
    assert "fragile  |  raise AssertionError(" in text
    assert f"schedule={found.value.schedule!r}, faults=Faults(kill=0.2, crash=None" in text
    seed, schedule = found.value.seed, found.value.schedule
    with pytest.raises(SimulationFailure) as again:
        simulate(fragile, seed=seed, schedule=schedule, faults=Faults(kill=0.2))
    assert again.value.trace.digest == found.value.trace.digest
    assert "this schedule fails, with" in str(again.value)


def test_a_failure_that_does_not_come_again_says_so() -> None:
    runs: list[int] = []

    async def main() -> None:
        runs.append(1)
        assert len(runs) != 7

    with pytest.raises(SimulationFailure, match="the seed does not decide") as found:
        explore(main)
    assert not found.value.repeats
    assert "schedule 7 of this exploration fails, but not when it is repeated" in str(found.value)
    assert "main starts" not in str(found.value)


async def in_a_child(error: BaseException) -> None:
    def raises() -> None:
        raise error

    spawn(raises)
    await sleep(1.0)


def test_ctrl_c_ends_an_exploration() -> None:
    with pytest.raises(KeyboardInterrupt):
        explore(in_a_child, KeyboardInterrupt())


def test_a_process_that_ends_the_program_fails_the_simulation() -> None:
    with pytest.raises(SimulationFailure, match="SystemExit: 3"):
        explore(in_a_child, SystemExit(3))


def test_a_timeout_that_is_over_when_it_would_be_called_is_not_called() -> None:
    # A seed of the scenario a_cancelled_call_leaves_no_reply: both are due, the wait ends first.
    found: set[str] = set()

    async def main() -> None:
        aquavit.send_after(self(), "message", 1.0)
        try:
            async with asyncio.timeout(1.0):
                found.add(await receive())
        except TimeoutError:
            found.add("timeout")
        await sleep(1.0)

    explore(main, schedules=300)
    assert found == {"message", "timeout"}
