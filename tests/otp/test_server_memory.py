"""What a server holds in memory, and that nothing of it is left when it has ended."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

import aquavit
from aquavit import (
    Call,
    Continue,
    GenServer,
    GenStateMachine,
    NextState,
    Pid,
    Reply,
    ReplyTo,
    exit,
    send,
    share,
    sleep,
)
from tests.support import died, end, process_test, settled


@process_test
async def test_what_init_was_given_can_go_while_the_server_lives() -> None:
    class Big:
        """Something that is passed by reference."""

    class Forgets(GenServer):
        def init(self, big: Any) -> None:
            self.seen = type(big).__name__

    big = Big()
    gone = weakref.ref(big)
    pid = await Forgets.start(share(big))
    del big
    await settled()
    gc.collect()
    assert gone() is None
    await end(pid)


@process_test
async def test_what_init_has_put_off_can_go_when_it_is_done() -> None:
    class Big:
        """Something that is passed by reference."""

    class Later(GenServer):
        def init(self, big: Any) -> Any:
            return Continue(big)

        def handle_continue(self, argument: Any) -> None:
            self.seen = type(argument).__name__

    big = Big()
    gone = weakref.ref(big)
    pid = await Later.start(share(big))
    del big
    await settled()
    gc.collect()
    assert gone() is None
    await end(pid)


class Takes(GenServer):
    """Takes everything and keeps nothing of it."""

    slow = False

    def init(self, slow: bool) -> None:
        self.slow = slow

    def take(self, message: Any) -> Any:
        """Take it, in one turn or in several."""
        return self.later(message) if self.slow else self.answer(message)

    async def later(self, message: Any) -> Any:
        await sleep(0)
        return self.answer(message)

    def answer(self, message: Any) -> Any:
        """Answer a call in one of two ways."""
        if not isinstance(message, tuple):
            return None
        return Reply(message) if message[0] == "object" else message

    def handle_call(self, request: Any, from_: Any) -> Any:
        return self.take(request)

    def handle_cast(self, request: Any) -> Any:
        return self.take(request)

    handle_info = handle_cast


class TakesToo(GenStateMachine):
    """A machine of the same kind."""

    def init(self, slow: bool) -> Any:
        self.slow = slow
        return NextState("taking")

    async def later(self, event: Any) -> Any:
        await sleep(0)
        return self.answer(event)

    def answer(self, event: Any) -> Any:
        return ReplyTo(event.from_, event.request) if isinstance(event, Call) else None

    def handle_event(self, state: Any, event: Any) -> Any:
        return self.later(event) if self.slow else self.answer(event)


@pytest.mark.parametrize("kind", [Takes, TakesToo])
@pytest.mark.parametrize("slow", [False, True])
@pytest.mark.parametrize("how", ["call", "reply", "cast", "info"])
@process_test
async def test_a_server_that_waits_holds_nothing_of_its_last_message(
    how: str, slow: bool, kind: Any
) -> None:
    class Big:
        """Something that is passed by reference."""

    pid = await kind.start(slow)

    async def one() -> weakref.ref[Big]:
        big = Big()
        if how == "cast":
            GenServer.cast(pid, share([big]))
        elif how == "info":
            send(pid, share([big]))
        else:
            await GenServer.call(pid, ("object" if how == "reply" else "plain", share([big])))
        return weakref.ref(big)

    held = await one()
    await settled()
    gc.collect()
    assert held() is None
    await end(pid)


@pytest.mark.skipif(not aquavit.COMPILED, reason="the frames of the core keep tracebacks")
@process_test
async def test_a_server_that_has_ended_is_gone_without_the_collector() -> None:
    alive: list[Any] = []

    class Watched(GenServer):
        def init(self) -> None:
            alive.append(weakref.ref(self))

    async def odd(pid: Pid[Any]) -> None:
        exit(pid, "odd")
        await died(pid)

    gc.collect()
    gc.disable()
    try:
        for end_ in (GenServer.stop, end, odd):
            pid = await Watched.start()
            await end_(pid)
        await settled()
        assert [ref() for ref in alive] == [None] * 3
    finally:
        gc.enable()
