"""A probe of eight rules of Erlang's, which libraries of actors for Python tend to break."""

from __future__ import annotations

from typing import Any

import pytest

from aquavit import (
    Down,
    Exit,
    exit,
    flush,
    is_alive,
    kill,
    monitor,
    processes,
    receive,
    self,
    send,
    spawn,
    spawn_monitor,
    trap_exit,
)
from tests.support import end, idle, process_test, settled


@process_test
async def test_a_receive_takes_the_message_that_matches_and_leaves_the_others() -> None:
    for message in (("a", 1), ("b", 2)):
        send(self(), message)
    assert await receive(("b", ...)) == ("b", 2)
    assert flush() == [("a", 1)]


@process_test
async def test_normal_from_another_process_is_ignored() -> None:
    pid = spawn(idle)
    await settled()
    exit(pid, "normal")
    await settled()
    assert is_alive(pid)
    await end(pid)


@process_test
async def test_an_exit_before_the_first_turn_leaves_no_ghost() -> None:
    pid = spawn(idle)
    exit(pid, "reason")
    assert not is_alive(pid)
    await settled()
    assert processes() == [self()]


@process_test
async def test_a_monitor_of_a_dead_process_says_noproc() -> None:
    pid, ref = spawn_monitor(lambda: None)
    await receive(Down(ref, ..., "normal"), timeout=5.0)
    late = monitor(pid)
    assert await receive(timeout=5.0) == Down(late, pid, "noproc")


async def trapping(told: Any) -> None:
    trap_exit(True)
    send(told, await receive(Exit))


async def swallowing(told: Any) -> None:
    for _ in range(50):
        try:
            await receive()
        except BaseException as error:
            send(told, type(error).__name__)


@pytest.mark.usefixtures("no_reports")
@pytest.mark.parametrize("stubborn", [trapping, swallowing])
@process_test
async def test_kill_cannot_be_trapped_nor_caught(stubborn: Any) -> None:
    pid, ref = spawn_monitor(stubborn, self())
    await settled()
    kill(pid)
    assert await receive(Down, timeout=5.0) == Down(ref, pid, "killed")
    assert processes() == [self()]
    assert not any(isinstance(message, Exit) for message in flush())


@pytest.mark.usefixtures("no_reports")
@process_test
async def test_a_down_has_one_form_whatever_the_end() -> None:
    error = ValueError("boom")

    def crash() -> None:
        raise error

    for fn, told, reason in ((crash, None, error), (idle, "told", "told"), (int, None, "normal")):
        pid, ref = spawn_monitor(fn)
        if told is not None:
            exit(pid, told)
        assert await receive(timeout=5.0) == Down(ref, pid, reason)


@process_test
async def test_a_message_is_the_receivers_own() -> None:
    message = [1]
    send(self(), message)
    message.append(2)
    assert await receive() == [1]
