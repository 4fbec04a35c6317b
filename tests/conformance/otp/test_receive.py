"""What receive_SUITE checks of receives that skip what cannot match."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from aquavit import (
    Down,
    Pid,
    demonitor,
    exit,
    flush,
    make_ref,
    monitor,
    receive,
    self,
    send,
    sleep,
    spawn_link,
    spawn_monitor,
)
from tests.support import end, process_test


async def echo() -> None:
    """Answer each request as often as it says."""
    while True:
        ref, caller, message, times = await receive()
        for _ in range(times):
            send(caller, (ref, message))


async def call(server: Pid[Any], message: Any, between: Callable[[], Any] | None = None) -> Any:
    """Ask a server as a call does, perhaps with something done in between."""
    ref = monitor(server)
    send(server, (ref, self(), message, 1))
    if between is not None:
        await between()
    _, reply = await receive((ref, ...))
    demonitor(ref, flush=True)
    return reply


async def ratio(work: Callable[[], Awaitable[Any]], messages: int) -> float:
    """Return how much longer work takes with that many messages in the mailbox."""

    async def least() -> float:
        times = []
        for _ in range(5):
            since = time.perf_counter()
            await work()
            times.append(time.perf_counter() - since)
        return min(times)

    await work()
    empty = await least()
    for number in range(messages):
        send(self(), ("msg", number))
    full = await least()
    assert len(flush()) == messages
    return full / empty


@process_test
async def test_a_call_by_hand_costs_the_same_with_a_full_mailbox() -> None:
    server = spawn_link(echo)

    async def calls() -> None:
        for _ in range(50):
            assert await call(server, "ultimate answer") == "ultimate answer"

    assert await ratio(calls, 50_000) < 10
    await end(server)


async def many(server: Pid[Any], messages: tuple[str, ...]) -> None:
    """Await many answers to a request, with a further request of the same kind open."""
    message, *others = messages
    ref = monitor(server)
    send(server, (ref, self(), message, 10))
    if others:
        await many(server, tuple(others))
    for _ in range(10):
        assert await receive((ref, ...)) == (ref, message)
    demonitor(ref, flush=True)


@process_test
async def test_calls_within_calls_cost_the_same_with_a_full_mailbox() -> None:
    server = spawn_link(echo)

    async def calls() -> None:
        for _ in range(5):
            await many(server, ("one", "two", "three"))

    assert await ratio(calls, 50_000) < 10
    await end(server)


@process_test
async def test_answers_of_an_outer_call_are_found_behind_many_inner_ones() -> None:
    server = spawn_link(echo)

    async def calls() -> None:
        outer = monitor(server)
        send(server, (outer, self(), "outer", 10))
        for _ in range(10):
            for number in range(12):
                await call(server, number)
            assert await receive((outer, ...)) == (outer, "outer")
        demonitor(outer, flush=True)

    assert await ratio(calls, 50_000) < 10
    await end(server)


@process_test
async def test_a_receive_between_request_and_reply_disturbs_nothing() -> None:
    server = spawn_link(echo)

    async def takes_another() -> None:
        assert await receive("dummy") == "dummy"

    for number in range(500):
        send(self(), "dummy")
        assert await call(server, number, takes_another) == number
    assert flush() == []
    await end(server)


@process_test
async def test_a_receive_that_an_exception_cuts_short_loses_nothing() -> None:
    async def wants(disturb: Callable[[], Awaitable[Any]]) -> None:
        ref = make_ref()
        send(self(), ref)
        await disturb()
        assert await receive(ref, timeout=0) == ref

    async def fails() -> None:
        raise KeyError("aborted")

    async def inner() -> None:
        with pytest.raises(KeyError):
            await wants(fails)

    await wants(inner)
    assert len(flush()) == 1


@process_test
async def test_a_receive_within_a_receive_loses_nothing() -> None:
    async def nothing() -> None:
        """Disturb nobody."""

    async def wants(to: Pid[Any], disturb: Callable[[], Awaitable[Any]], *, mine: bool) -> None:
        ref = make_ref()
        send(to, ref)
        await disturb()
        assert (await receive(ref, timeout=0, default=None) == ref) is mine

    hole, gone = spawn_monitor(lambda: None)
    await receive(Down(gone, ..., ...))
    await wants(self(), lambda: wants(hole, nothing, mine=False), mine=True)
    assert flush() == []


@process_test
async def test_two_hundred_messages_are_taken_one_by_one_before_a_fresh_ref() -> None:
    main = self()

    async def takes() -> None:
        await receive("go")
        await sleep(0)
        ref = make_ref()
        send(self(), ref)
        for number in range(200):
            await receive(number)
        await receive(ref)
        await receive("stop")

    pid, ref = spawn_monitor(takes)
    send(pid, "go")
    await sleep(0)
    watching = monitor(pid)
    for number in range(200):
        send(pid, number)
    send(pid, "stop")
    assert (await receive(Down(ref, pid, ...))).reason == "normal"
    assert (await receive(Down(watching, pid, ...))).reason == "normal"
    assert self() == main


@process_test
async def test_a_client_under_a_storm_of_messages_and_signals_finds_its_reply() -> None:
    rng = random.Random(4711)

    async def storm(client: Pid[Any]) -> None:
        def some() -> None:
            for _ in range(rng.randint(10, 200)):
                send(client, ("blipp",))
                exit(client, "normal")

        while True:
            match await receive():
                case "prepare":
                    some()
                case ("request", ref):
                    some()
                    send(client, ref)
                    some()

    server = spawn_link(storm, self())
    for _ in range(100):
        send(server, "prepare")
        await sleep(0)
        ref = monitor(server)
        send(server, ("request", ref))
        await sleep(0)
        assert await receive(ref, timeout=5.0) == ref
        demonitor(ref, flush=True)
        assert set(flush()) <= {("blipp",)}
    await end(server)


@pytest.mark.parametrize("timeout", ["blupp", -1, float("nan")])
@process_test
async def test_a_receive_with_a_bad_timeout_does_not_hide_messages(timeout: Any) -> None:
    send(self(), "init")
    with pytest.raises((TypeError, ValueError)):
        await receive("blipp", timeout=timeout)
    ref = make_ref()
    send(self(), ref)
    assert await receive("init", timeout=0) == "init"
    assert await receive(ref, timeout=0) == ref
