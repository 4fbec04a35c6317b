"""Group 16: GenServer, calls, casts and infos."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import aquavit
from aquavit import (
    HIBERNATE,
    NO_REPLY,
    Call,
    CallError,
    CallTimeout,
    Cast,
    Continue,
    Down,
    GenServer,
    NoProcess,
    NoReply,
    Pid,
    ProcessExit,
    Ref,
    Reply,
    ServerExit,
    Stop,
    Timeout,
    call,
    flush,
    is_alive,
    kill,
    node,
    receive,
    register,
    self,
    send,
    sleep,
    spawn,
    spawn_monitor,
    unregister,
)
from tests.clock import VirtualClock
from tests.support import end, info, process_test, settled


class Doer(GenServer):
    """Does what it is asked, and tells `main` of the rest."""

    def init(self, main: Pid[Any]) -> None:
        """Keep whom to tell."""
        self.main = main

    def handle_call(self, request: Any, from_: Any) -> Any:
        """Do it, or give it back."""
        return request(from_) if callable(request) else request

    def handle_cast(self, request: Any) -> Any:
        """Do it."""
        return request() if callable(request) else send(self.main, ("cast", request)) and None

    def handle_info(self, message: Any) -> Any:
        """Do it, or tell."""
        return message() if callable(message) else send(self.main, ("info", message)) and None

    def handle_continue(self, argument: Any) -> Any:
        """Do it, or tell."""
        if callable(argument):
            return argument()
        send(self.main, ("continue", argument))
        return None

    def terminate(self, reason: Any) -> None:
        """Tell."""
        send(self.main, ("terminate", reason))


async def _doer() -> Pid[Any]:
    return await Doer.start(self())


@process_test
async def test_fact_180_call_and_cast_are_messages_of_their_own() -> None:
    main = self()

    async def plain() -> None:
        while True:
            send(main, ("got", await receive()))

    pid = spawn(plain)
    GenServer.cast(pid, "c")
    caller = spawn(lambda: GenServer.call(pid, "r"))
    assert await receive(("got", ...)) == ("got", Cast("c"))
    _, asked = await receive(("got", Call))
    assert (asked.request, asked.from_.pid) == ("r", caller)
    assert isinstance(asked.from_, Ref)
    await end(pid, caller)


@process_test
async def test_fact_180_messages_are_handled_one_by_one_in_order_of_arrival() -> None:
    pid = await _doer()

    async def slow() -> None:
        await sleep(0.001)

    GenServer.cast(pid, slow)
    for number in range(3):
        GenServer.cast(pid, number)
        send(pid, number)
    assert await GenServer.call(pid, "last") == "last"
    expected = [(kind, number) for number in range(3) for kind in ("cast", "info")]
    assert flush() == expected
    await end(pid)


@process_test
async def test_fact_181_a_call_waits_five_seconds_and_the_server_goes_on() -> None:
    clock, main = VirtualClock(), self()
    pid = await _doer()

    async def slow(from_: Any) -> str:
        await sleep(6.0)
        send(main, "finished")
        return "late"

    async def caller() -> None:
        await GenServer.call(pid, slow)

    child, ref = spawn_monitor(caller)
    await clock.advance(4.9)
    assert is_alive(child)
    await clock.advance(0.2)
    error = (await receive(Down(ref, child, ...))).reason
    assert isinstance(error, CallTimeout)
    assert isinstance(error, TimeoutError)
    assert (error.server, error.timeout, error.reason) == (pid, 5.0, "timeout")
    await clock.advance(1.0)
    assert flush() == ["finished"]
    assert await GenServer.call(pid, "still there") == "still there"
    await end(pid)


@process_test
async def test_fact_182_a_call_to_nobody() -> None:
    dead = await _doer()
    await end(dead)
    for server in (dead, "no_such_name", ("no_such_name", node())):
        with pytest.raises(NoProcess) as failed:
            await GenServer.call(server, "x")
        error = failed.value
        assert (error.server, error.request, error.reason) == (server, "x", "noproc")
    assert flush() == []


@process_test
async def test_fact_182_a_call_to_oneself_and_to_a_lost_node() -> None:
    with pytest.raises(CallError, match="cannot call itself") as failed:
        await GenServer.call(self(), "x")
    assert failed.value.reason == "calling_self"
    with pytest.raises(ServerExit) as failed_too:
        await GenServer.call(("name", "other@host"), "x")
    assert failed_too.value.reason == ("nodedown", "other@host")


def _ends() -> dict[str, tuple[Callable[[Any], Any], object]]:
    async def killed(from_: Any) -> None:
        kill(self())
        await sleep(0)

    def leave(from_: Any) -> None:
        raise ProcessExit("bye")

    return {
        "normal": (lambda from_: Stop("normal"), "normal"),
        "shutdown": (lambda from_: Stop("shutdown"), "shutdown"),
        "stop": (lambda from_: Stop(("odd", 1)), ("odd", 1)),
        "exit": (leave, "bye"),
        "kill": (killed, "killed"),
    }


@pytest.mark.parametrize("way", list(_ends()))
def test_fact_183_the_server_ends_during_a_call(way: str) -> None:
    @process_test
    async def check() -> None:
        act, reason = _ends()[way]
        pid = await _doer()
        with pytest.raises(ServerExit) as failed:
            await GenServer.call(pid, act)
        assert (failed.value.server, failed.value.reason) == (pid, reason)
        await settled()
        flush()

    check()


@process_test
async def test_fact_183_the_server_raises_during_a_call() -> None:
    pid = await _doer()

    def fail(from_: Any) -> None:
        raise RuntimeError("boom")

    with pytest.raises(ServerExit, match="boom") as failed:
        await GenServer.call(pid, fail)
    assert isinstance(failed.value.reason, RuntimeError)
    flush()


@process_test
async def test_fact_184_after_a_call_nothing_is_left() -> None:
    pid = await _doer()
    assert await GenServer.call(pid, 1) == 1
    with pytest.raises(CallTimeout):
        await GenServer.call(pid, lambda from_: NO_REPLY, timeout=0)
    own = info(self())
    assert (own.links, own.monitors, own.messages) == ((), (), ())
    assert info(pid).monitored_by == ()
    await end(pid)


@process_test
async def test_fact_185_timeouts_of_calls() -> None:
    pid = await _doer()
    assert await GenServer.call(pid, "for ever", timeout=None) == "for ever"
    assert await GenServer.call(pid, 1, timeout=1) == 1
    wrong: Any
    for wrong, error in ((-1, ValueError), (float("nan"), ValueError), ("1", TypeError)):
        with pytest.raises(error, match="expected a timeout"):
            await GenServer.call(pid, "x", timeout=wrong)
    await end(pid)


@process_test
async def test_fact_186_any_process_may_reply_at_any_time() -> None:
    pid = await _doer()

    def later(from_: Any) -> Any:
        spawn(lambda: GenServer.reply(from_, "from another"))
        return NO_REPLY

    def before(from_: Any) -> Any:
        assert GenServer.reply(from_, "first") is None
        return NO_REPLY

    assert await GenServer.call(pid, later) == "from another"
    assert await GenServer.call(pid, before) == "first"
    await end(pid)


@process_test
async def test_fact_187_of_two_replies_the_first_counts() -> None:
    pid = await _doer()

    def twice(from_: Any) -> Any:
        GenServer.reply(from_, "one")
        return "two"

    assert await GenServer.call(pid, twice) == "one"
    await settled()
    assert flush() == []
    await end(pid)


@process_test
async def test_fact_188_cast_never_fails_for_want_of_a_server() -> None:
    dead = await _doer()
    await end(dead)
    for server in (dead, "nobody", ("nobody", node()), ("nobody", "other@host")):
        assert GenServer.cast(server, "x") is None


@process_test
async def test_fact_189_what_callbacks_return() -> None:
    pid = await _doer()
    assert await GenServer.call(pid, lambda from_: Reply("r")) == "r"
    assert await GenServer.call(pid, lambda from_: None) is None
    assert await GenServer.call(pid, lambda from_: Reply("r", then=Continue("c"))) == "r"
    assert await GenServer.call(pid, lambda from_: Reply("r", then=HIBERNATE)) == "r"
    await settled()
    assert flush() == [("continue", "c")]
    for result in (None, NoReply(), HIBERNATE, NoReply(HIBERNATE), Continue("c"), NO_REPLY):
        GenServer.cast(pid, lambda result=result: result)
        send(pid, lambda result=result: result)
    await settled()
    assert flush() == [("continue", "c")] * 2
    await end(pid)


@pytest.mark.parametrize(
    "bad", [Reply(1), "value", 0, False, NoReply(5), Stop("x", reply="nobody waits"), Continue]
)
def test_fact_189_a_reply_where_none_is_due_is_a_bad_return(bad: Any) -> None:
    @process_test
    async def check() -> None:
        for ask in (GenServer.cast, send):
            pid = await _doer()
            ref = aquavit.monitor(pid)
            ask(pid, lambda: bad)
            reason = (await receive(Down(ref, ..., ...))).reason
            assert reason == ("bad_return_value", bad)
            assert flush() == [("terminate", reason)]

    check()


@process_test
async def test_fact_189_a_bad_next_step_sends_no_reply() -> None:
    pid = await _doer()
    bad: Any = Reply(1, then="garbage")
    with pytest.raises(ServerExit) as failed:
        await GenServer.call(pid, lambda from_: bad)
    assert failed.value.reason == ("bad_return_value", bad)
    flush()


@process_test
async def test_fact_190_terminate_comes_before_the_reply_and_the_end_after_it() -> None:
    pid = await _doer()
    ref = aquavit.monitor(pid)
    assert await GenServer.call(pid, lambda from_: Stop("shutdown", reply="bye")) == "bye"
    first, second = await receive(), await receive()
    assert first == ("terminate", "shutdown")
    assert second == Down(ref, pid, "shutdown")


@process_test
async def test_fact_191_stop_without_a_reply() -> None:
    pid = await _doer()
    with pytest.raises(ServerExit) as failed:
        await GenServer.call(pid, lambda from_: Stop("why"))
    assert failed.value.reason == "why"
    assert await receive() == ("terminate", "why")


@process_test
async def test_fact_193_a_timeout_is_cancelled_by_a_message_and_comes_once() -> None:
    clock = VirtualClock()
    pid = await _doer()
    assert await GenServer.call(pid, lambda from_: Reply(1, then=Timeout(0.03))) == 1
    await clock.advance(0.05)
    assert flush() == [("info", "timeout")]
    await clock.advance(1.0)
    assert flush() == []
    GenServer.cast(pid, lambda: Timeout(0.04))
    await settled()
    send(pid, "interrupt")
    await clock.advance(1.0)
    assert flush() == [("info", "interrupt")]
    await end(pid)


@process_test
async def test_fact_194_a_timeout_of_zero_waits_for_queued_messages() -> None:
    pid = await _doer()

    async def busy() -> Any:
        await sleep(0)
        return Timeout(0)

    GenServer.cast(pid, busy)
    send(pid, "already here")
    await settled()
    assert flush() == [("info", "already here")]
    GenServer.cast(pid, lambda: Timeout(0))
    await settled()
    assert flush() == [("info", "timeout")]
    await end(pid)


@process_test
async def test_fact_195_continue_comes_next_may_chain_and_may_stop() -> None:
    main = self()
    pid = await _doer()

    def chain() -> Any:
        send(main, "first")
        return Continue("second")

    GenServer.cast(pid, lambda: Continue(chain))
    send(pid, "queued")
    await settled()
    assert flush() == ["first", ("continue", "second"), ("info", "queued")]
    stop = Stop("from continue")
    ref = aquavit.monitor(pid)
    GenServer.cast(pid, lambda: Continue(lambda: stop))
    assert (await receive(Down(ref, ..., ...))).reason == "from continue"
    flush()


@process_test
async def test_fact_195_the_reply_is_sent_before_continue_runs() -> None:
    pid = await _doer()

    async def hold() -> None:
        await receive("go")

    assert await GenServer.call(pid, lambda from_: Reply("r", then=Continue(hold))) == "r"
    send(pid, "go")
    assert await GenServer.call(pid, "after") == "after"
    await end(pid)


@pytest.mark.parametrize("result", ["value", Reply("value")])
def test_fact_195_continue_has_nobody_to_reply_to(result: Any) -> None:
    @process_test
    async def check() -> None:
        async def later() -> Any:
            await sleep(0)
            return result

        for act in (lambda: result, later):
            pid = await _doer()
            with pytest.raises(ServerExit) as failed:
                await GenServer.call(pid, lambda from_, act=act: NoReply(then=Continue(act)))
            assert failed.value.reason == ("bad_return_value", result)
            flush()

    check()


@process_test
async def test_fact_196_hibernate_lasts_until_the_next_message() -> None:
    pid = await _doer()
    assert await GenServer.call(pid, lambda from_: Reply("h", then=HIBERNATE)) == "h"
    await settled()
    assert info(pid).status == "waiting"
    assert await GenServer.call(pid, "awake") == "awake"
    await end(pid)


@process_test
async def test_fact_197_whereis() -> None:
    pid = await _doer()
    register(pid, "known")
    found = [GenServer.whereis(each) for each in (pid, "known", ("known", node()))]
    assert found == [pid, pid, pid]
    assert GenServer.whereis("nobody") is None
    assert GenServer.whereis(("nobody", node())) is None
    assert GenServer.whereis(("known", "other@host")) == ("known", "other@host")
    unregister("known")
    await end(pid)
    assert GenServer.whereis(pid) == pid


@process_test
async def test_fact_198_abcast_and_multi_call() -> None:
    pid = await _doer()
    register(pid, "several")
    GenServer.abcast([node(), "other@host"], "several", "hello")
    assert await receive() == ("cast", "hello")
    replies = await GenServer.multi_call([node(), "other@host"], "several", "x")
    assert replies == ([(node(), "x")], ["other@host"])
    assert await GenServer.multi_call([node()], "nobody", "x") == ([], [node()])
    await end(pid)


@process_test
async def test_fact_199_a_call_can_be_sent_without_waiting_by_a_helper_task() -> None:
    class Clock(GenServer):
        @call
        def time(self) -> int:
            return 12

    pid = await Clock.start()
    main = self()

    async def ask() -> None:
        send(main, await Clock.time(pid))

    spawn(ask)
    assert await receive() == 12
    await end(pid)


@pytest.mark.usefixtures("no_reports")
@process_test
async def test_fact_192_a_result_is_returned_and_never_thrown() -> None:
    def throw(from_: Any) -> Any:
        raise Reply("thrown")  # type: ignore[misc]

    pid = await Doer.start(self())
    with pytest.raises(ServerExit) as failed:
        await GenServer.call(pid, throw)
    assert "must derive from BaseException" in str(failed.value.reason)
    assert type(flush()[0][1]) is TypeError
