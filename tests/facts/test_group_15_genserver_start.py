"""Group 15: GenServer, start and init."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

import aquavit
from aquavit import (
    HIBERNATE,
    IGNORE,
    AlreadyStarted,
    Continue,
    Down,
    Exit,
    GenServer,
    Pid,
    ProcessExit,
    StartError,
    StartTimeout,
    Stop,
    Timeout,
    flush,
    is_alive,
    processes,
    receive,
    self,
    send,
    sleep,
    spawn_monitor,
    trap_exit,
    whereis,
)
from tests.clock import VirtualClock
from tests.support import died, end, idle, info, outcome, process_test, settled


class Told(GenServer):
    """Does in `init` what it is given, and tells `main` of every message."""

    def init(self, main: Pid[Any], act: Callable[[], Any] | None = None) -> Any:
        """Do it."""
        self.main = main
        return None if act is None else act()

    def handle_info(self, message: Any) -> None:
        """Tell main."""
        send(self.main, ("info", message))

    def handle_continue(self, argument: Any) -> None:
        """Tell main."""
        send(self.main, ("continue", argument))


def _leave(reason: object) -> Callable[[], None]:
    def leave() -> None:
        raise ProcessExit(reason)

    return leave


def _fail() -> None:
    raise RuntimeError("in init")


@process_test
async def test_fact_168_start_link_returns_when_init_has_run_in_the_new_process() -> None:
    main = self()

    async def act() -> None:
        await sleep(0)
        send(main, ("init in", self()))

    pid = await Told.start_link(main, act)
    assert flush() == [("init in", pid)]
    assert info(pid).links == (main,)
    await end(pid)


@process_test
async def test_fact_169_ignore_gives_none_and_the_process_is_gone() -> None:
    main = self()
    trap_exit(True)

    def act() -> Any:
        send(main, self())
        return IGNORE

    assert await Told.start(main, act) is None
    assert await Told.start_link(main, act) is None
    assert [is_alive(pid) for pid in flush()] == [False, False]
    trap_exit(False)


@process_test
async def test_fact_169_a_process_that_is_ignored_ends_normally() -> None:
    main = self()

    async def act() -> Any:
        send(main, self())
        await receive("go")
        return IGNORE

    starter, ref = spawn_monitor(Told.start, main, act)
    pid = await receive(Pid)
    watched = aquavit.monitor(pid)
    send(pid, "go")
    assert (await receive(Down(watched, ..., ...))).reason == "normal"
    assert (await receive(Down(ref, starter, ...))).reason == "normal"


@pytest.mark.parametrize("reason", ["why", "normal", "shutdown", ("shutdown", 1)])
@pytest.mark.parametrize("start", [Told.start, Told.start_link])
def test_fact_170_stop_in_init(reason: object, start: Callable[..., Any]) -> None:
    @process_test
    async def test_fact_170_stop_is_raised_as_a_start_error() -> None:
        with pytest.raises(StartError) as failed:
            await start(self(), lambda: Stop(reason))
        assert failed.value.reason == reason
        assert flush() == []

    test_fact_170_stop_is_raised_as_a_start_error()


@process_test
async def test_fact_170_a_failed_start_is_raised_and_sends_no_exit_signal() -> None:
    trap_exit(True)
    with pytest.raises(StartError, match="could not start Told: 'why'"):
        await Told.start_link(self(), lambda: Stop("why"))
    trap_exit(False)
    assert flush() == []
    reason = await outcome(Told.start_link, self(), lambda: Stop("why"))
    assert isinstance(reason, StartError)
    assert reason.reason == "why"


@process_test
async def test_fact_171_what_init_raises_is_raised_in_the_starter() -> None:
    for start in (Told.start, Told.start_link):
        with pytest.raises(RuntimeError, match="in init"):
            await start(self(), _fail)


@process_test
async def test_fact_171_an_exit_or_a_bad_return_value_is_a_start_error() -> None:
    for act, reason in (
        (_leave("e"), "e"),
        (_leave("normal"), "normal"),
        (lambda: "bad", ("bad_return_value", "bad")),
        (lambda: False, ("bad_return_value", False)),
    ):
        for start in (Told.start, Told.start_link):
            with pytest.raises(StartError) as failed:
                await start(self(), act)
            assert failed.value.reason == reason


@process_test
async def test_fact_172_start_makes_no_link() -> None:
    pid = await Told.start(self())
    assert (info(pid).links, info(self()).links) == ((), ())
    aquavit.exit(pid, "odd")
    assert await died(pid) == "odd"
    await settled()
    assert flush() == []


@process_test
async def test_fact_173_continue_comes_before_what_is_in_the_mailbox() -> None:
    main = self()

    def act() -> Any:
        send(self(), "queued in init")
        return Continue("c1")

    pid = await Told.start(main, act)
    await settled()
    assert flush() == [("continue", "c1"), ("info", "queued in init")]
    await end(pid)


@process_test
async def test_fact_173_a_timeout_from_init() -> None:
    clock = VirtualClock()
    pid = await Told.start(self(), lambda: Timeout(0.5))
    await clock.advance(0.4)
    assert flush() == []
    await clock.advance(0.2)
    assert flush() == [("info", "timeout")]
    await end(pid)
    pid = await Told.start(self(), lambda: Timeout(0))
    await settled()
    assert flush() == [("info", "timeout")]
    await end(pid)


@process_test
async def test_fact_173_hibernate_from_init_waits_for_a_message() -> None:
    pid = await Told.start(self(), lambda: HIBERNATE)
    await settled()
    assert info(pid).status == "waiting"
    send(pid, "wake")
    assert await receive() == ("info", "wake")
    await end(pid)


@process_test
async def test_fact_174_a_slow_init_is_killed_and_leaves_no_message() -> None:
    clock = VirtualClock()
    trap_exit(True)
    main = self()
    for start in (Told.start, Told.start_link):

        async def starter(start: Any = start) -> None:
            with pytest.raises(StartTimeout, match=r"init took longer than 0.5 s") as late:
                await start(main, idle, timeout=0.5)
            assert isinstance(late.value, TimeoutError)
            assert late.value.timeout == 0.5
            assert flush() == []

        before = len(processes())
        pid, ref = spawn_monitor(starter)
        await clock.advance(0.4)
        assert len(processes()) == before + 2
        await clock.advance(0.2)
        assert (await receive(Down(ref, pid, ...))).reason == "normal"
        await settled()
        assert len(processes()) == before
    trap_exit(False)


@process_test
async def test_fact_175_a_taken_name_is_already_started_and_init_does_not_run() -> None:
    main = self()
    holder = await Told.start(main, name="taken")
    for start in (Told.start, Told.start_link):
        with pytest.raises(AlreadyStarted) as failed:
            await start(main, lambda: send(main, "init ran"), name="taken")
        assert failed.value.pid == holder
        assert failed.value.reason == ("already_started", holder)
    assert isinstance(failed.value, ValueError)
    assert flush() == []
    await end(holder)


@process_test
async def test_fact_176_after_a_failed_init_the_name_is_free() -> None:
    for act in (lambda: Stop("no"), _fail, lambda: IGNORE, _leave("e")):
        with contextlib.suppress(StartError, RuntimeError):
            assert await Told.start(self(), act, name="f") is None
        assert whereis("f") is None


@process_test
async def test_fact_177_no_name_and_wrong_names() -> None:
    pid = await Told.start(self(), name=None)
    assert info(pid).name is None
    await end(pid)
    wrong: Any
    for wrong in (1, b"name", ("bad", "x"), ("via", "Reg"), object()):
        with pytest.raises(TypeError, match="expected a name"):
            await Told.start(self(), name=wrong)
    for reserved in ("", "undefined"):
        with pytest.raises(ValueError, match="not reserved"):
            await Told.start(self(), name=reserved)


@process_test
async def test_fact_178_ancestors_and_initial_call_are_in_the_dictionary() -> None:
    main = self()

    class Outer(GenServer):
        async def init(self) -> None:
            self.inner = await Told.start_link(main)
            send(main, self.inner)

    outer = await Outer.start(name="outer")
    inner = await receive(Pid)
    assert info(inner).dictionary["$ancestors"] == ["outer", main]
    assert info(inner).dictionary["$initial_call"] is Told
    assert info(inner).initial_call.endswith(".Told")
    assert info(outer).dictionary["$ancestors"] == [main]
    await end(outer)
    assert await died(inner) in ("killed", "noproc")


@process_test
async def test_fact_179_when_a_start_fails_the_process_is_gone_already() -> None:
    main = self()

    def act() -> Any:
        send(main, self())
        return Stop("no")

    trap_exit(True)
    with pytest.raises(StartError):
        await Told.start_link(main, act)
    pid = await receive(Pid)
    assert not is_alive(pid)
    assert pid not in processes()
    assert await receive(Exit, timeout=0, default=None) is None
    trap_exit(False)
