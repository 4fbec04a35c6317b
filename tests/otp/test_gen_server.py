"""GenServer: its methods, its callbacks, and random results against a model of the loop."""

from __future__ import annotations

import gc
import inspect
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import aquavit
from aquavit import (
    HIBERNATE,
    IGNORE,
    NO_REPLY,
    Continue,
    GenServer,
    NoReply,
    Pid,
    Reply,
    ServerExit,
    Stop,
    Timeout,
    call,
    cast,
    flush,
    node,
    receive,
    run,
    self,
    send,
    sleep,
    spawn,
)
from tests.support import died, end, loop_factory, process_test, settled

# --- methods


class Base(GenServer):
    """A server with methods that others override."""

    def init(self, value: int = 1) -> None:
        """Keep the value."""
        self.value = value

    @call
    def get(self) -> Any:
        """Return the value."""
        return self.value

    @call
    async def double(self, times: int = 2) -> int:
        """Use another method, as a plain one."""
        await sleep(0)
        return int(self.get()) * times

    @cast
    def set(self, value: int) -> None:
        """Set it."""
        self.value = value

    @call
    def who(self) -> Pid[Any]:
        """Return who asks."""
        asker: Pid[Any] = self.from_.pid
        return asker

    @call
    def late(self) -> Any:
        """Reply from another process."""
        from_ = self.from_
        spawn(lambda: GenServer.reply(from_, "late"))
        return NO_REPLY


class Plain(Base):
    """Overrides methods without saying again what they are."""

    def get(self) -> Any:  # type: ignore[override]
        """Return something else."""
        return super().get() + 100

    def set(self, value: int) -> None:  # type: ignore[override]
        """Set something else."""
        self.value = -value


class Changed(Base):
    """Overrides a call by a call, and a cast by a call."""

    @call
    def get(self) -> Any:
        """Return something else."""
        return "changed"

    @call
    def set(self, value: int) -> str:  # type: ignore[override]
        """Say so."""
        self.value = value
        return "set"


@process_test
async def test_methods_are_called_on_the_server_and_plain_inside_it() -> None:
    server = await Base.start(3)
    assert await Base.get(server) == 3
    assert await Base.double(server) == 6
    assert await Base.double(server, times=5) == 15
    assert Base.set(server, 4) is None
    assert await Base.get(server) == 4
    assert await Base.who(server) == self()
    assert await Base.late(server) == "late"
    await end(server)


@process_test
async def test_an_override_serves_also_where_the_base_is_named() -> None:
    server = await Plain.start(3)
    assert await Base.get(server) == 103
    Base.set(server, 4)
    assert await Base.get(server) == 96
    await end(server)
    changed = await Changed.start(3)
    assert await Base.get(changed) == "changed"
    assert await Changed.set(changed, 1) == "set"
    await end(changed)


@process_test
async def test_a_method_that_the_server_does_not_have() -> None:
    class Other(GenServer):
        """Another one."""

    server = await Other.start()
    with pytest.raises(ServerExit) as failed:
        await Base.get(server)
    assert "get() of " in str(failed.value.reason)
    assert "which has no such @call method" in str(failed.value.reason)
    server = await Changed.start()
    ref = aquavit.monitor(server)
    Base.set(server, 1)
    assert "no such @cast method" in str((await receive(aquavit.Down(ref, ..., ...))).reason)


def test_methods_keep_name_and_documentation() -> None:
    method: Any = Base.get
    assert method.__name__ == "get"
    assert method.__doc__ == "Return the value."
    assert list(inspect.signature(Base.double).parameters) == ["self", "times"]
    assert Base.get.within(1.0).timeout == 1.0
    assert Base.get.timeout == 5.0


@pytest.mark.parametrize("wrong", [None, 5, "name", b"x"])
def test_what_cannot_be_a_method(wrong: Any) -> None:
    for decorator, name in ((call, "@call"), (cast, "@cast")):
        if wrong is None and decorator is call:
            continue
        with pytest.raises(TypeError, match=f"{name}: expected a method, got"):
            decorator(wrong)
    with pytest.raises(TypeError, match="@call: expected a method"):
        call(timeout=1.0)(wrong)


@pytest.mark.parametrize("wrong", ["1", True, -1, float("nan")])
def test_what_is_no_timeout_of_a_method(wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="get: expected a timeout"):
        Base.get.within(wrong)

    def method(self: Any) -> None:
        """Do nothing."""

    with pytest.raises((TypeError, ValueError), match="method: expected a timeout"):
        call(timeout=wrong)(method)


@pytest.mark.skipif(not aquavit.COMPILED, reason="a generator, which is refused as any other")
@pytest.mark.filterwarnings("ignore:call of .* was never awaited")
@process_test
async def test_a_callback_that_forgets_to_await_is_told_so() -> None:
    other = await Base.start()

    class Forgets(GenServer):
        def handle_call(self, request: Any, from_: Any) -> Any:
            return Base.get(other)

    server = await Forgets.start()
    with pytest.raises(ServerExit) as failed:
        await GenServer.call(server, "x")
    assert isinstance(failed.value.reason, TypeError)
    assert "write await before it" in str(failed.value.reason)
    del failed
    gc.collect()  # the warning comes with the call, which the traceback has kept
    await end(other)


# --- wrong arguments


@pytest.mark.parametrize("nodes", ["nonode@nohost", b"x", [1], [None], [("a", "b")]])
def test_what_is_no_list_of_nodes(nodes: Any) -> None:
    @process_test
    async def check() -> None:
        with pytest.raises(TypeError, match="multi_call: expected names of nodes"):
            await GenServer.multi_call(nodes, "name", "x")
        with pytest.raises(TypeError, match="abcast: expected names of nodes"):
            GenServer.abcast(nodes, "name", "x")
        assert await GenServer.multi_call([], "name", "x") == ([], [])
        assert await GenServer.multi_call((node(),), "nobody", "x") == ([], [node()])

    check()


@process_test
async def test_a_timeout_of_none_waits_for_ever() -> None:
    class Waits(GenServer):
        def init(self, seconds: float | None) -> Timeout:
            return Timeout(seconds)

        def handle_info(self, message: Any) -> Stop:
            return Stop(message)

    server = await Waits.start(None)
    await settled()
    send(server, "done")
    assert await died(server) == "done"


def test_constants_show_and_copy_as_themselves() -> None:
    import copy
    import pickle

    for constant in (IGNORE, HIBERNATE):
        assert copy.copy(constant) is copy.deepcopy(constant) is constant
        assert repr(constant) in ("IGNORE", "HIBERNATE")
    assert pickle.loads(pickle.dumps(Reply(1, then=Continue(2)))) == Reply(1, then=Continue(2))


# --- random results against a model


@dataclass(frozen=True)
class Act:
    """What a callback is to do: await or not, then return."""

    result: Any
    waits: bool


class Scripted(GenServer):
    """Does what each message says, and tells `main`."""

    def init(self, main: Pid[Any]) -> None:
        """Keep whom to tell."""
        self.main = main

    def handle_call(self, request: Act, from_: Any) -> Any:
        """Do it."""
        return self.do("call", request)

    def handle_cast(self, request: Act) -> Any:
        """Do it."""
        return self.do("cast", request)

    def handle_info(self, message: Any) -> Any:
        """Do it, unless it is a timeout."""
        return self.do("info", message) if isinstance(message, Act) else None

    def handle_continue(self, argument: Act) -> Any:
        """Do it."""
        return self.do("continue", argument)

    def terminate(self, reason: Any) -> None:
        """Tell."""
        send(self.main, ("terminate", reason))

    def do(self, kind: str, act: Act) -> Any:
        """Tell, and return what is asked for, at once or awaited."""
        send(self.main, kind)
        return self.later(act.result) if act.waits else act.result

    async def later(self, result: Any) -> Any:
        """Wait a turn."""
        await sleep(0)
        return result


def expected(kind: str, act: Act) -> tuple[list[Any], Any]:
    """Return the events that one message makes, and the reason if the server ends."""
    events: list[Any] = [kind]
    waiting = kind == "call"
    reply: list[Any] = []
    while True:
        result = act.result
        if type(result) is Stop:
            has_reply = "reply" in repr(result) and "UNSET" not in repr(result)
            reason = result.reason if waiting or not has_reply else ("bad_return_value", result)
            events.append(("terminate", reason))
            if waiting and has_reply:
                events.append(("reply", result.reply))
            return events, (reason,)
        then, good = _next(result, waiting)
        if not good:
            reason = ("bad_return_value", result)
            return [*events, ("terminate", reason)], (reason,)
        if waiting and (type(result) is Reply or type(result) in (int, str, type(None))):
            reply = [("reply", result.value if type(result) is Reply else result)]
            events += reply
        if type(then) is not Continue:
            return events, None
        events.append("continue")
        act, waiting = then.argument, False


def _next(result: Any, waiting: bool) -> tuple[Any, bool]:
    """Return what comes next, and whether the result is one."""
    if type(result) is Reply:
        return result.then, waiting and _is_next(result.then)
    if type(result) is NoReply:
        return result.then, _is_next(result.then)
    if _is_next(result):
        return result, result is None or not waiting
    return None, waiting


def _is_next(then: Any) -> bool:
    return then is None or then is HIBERNATE or type(then) in (Continue, Timeout)


VALUES = st.one_of(st.integers(0, 3), st.sampled_from(["a", "b"]))
REASONS = st.sampled_from(["normal", "shutdown", "odd", ("shutdown", 1)])
NEXT = st.deferred(
    lambda: st.one_of(
        st.none(), st.just(HIBERNATE), st.just(Timeout(1000.0)), st.builds(Continue, ACTS), VALUES
    )
)
RESULTS = st.deferred(
    lambda: st.one_of(
        st.none(),
        VALUES,
        st.just(HIBERNATE),
        st.just(Timeout(1000.0)),
        st.builds(Continue, ACTS),
        st.builds(Reply, VALUES, NEXT),
        st.builds(NoReply, NEXT),
        st.builds(Stop, REASONS),
        st.builds(Stop, REASONS, VALUES),
    )
)
ACTS = st.builds(Act, RESULTS, st.booleans())


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(["call", "cast", "info"]), ACTS), max_size=6))
def test_random_results_do_what_the_model_says(script: list[tuple[str, Act]]) -> None:
    async def main() -> None:
        me = self()
        server = await Scripted.start(me)
        ref = aquavit.monitor(server)

        async def client(act: Act) -> None:
            try:
                send(me, ("reply", await GenServer.call(server, act, timeout=None)))
            except ServerExit as error:
                send(me, ("exit", error.reason))

        for kind, act in script:
            pending = info_count(server)
            if kind == "call":
                spawn(client, act)
            else:
                GenServer.cast(server, act) if kind == "cast" else send(server, act)
            await settled()
            got = flush()
            events, ended = expected(kind, act)
            if ended is None:
                assert in_order(got, events)
                continue
            downs = [message for message in got if isinstance(message, aquavit.Down)]
            assert [down.reason for down in downs] == list(ended)
            exits = [m for m in got if isinstance(m, tuple) and m[0] == "exit"]
            replied = any(isinstance(event, tuple) and event[0] == "reply" for event in events)
            unanswered = pending + (kind == "call" and not replied)
            assert exits == [("exit", ended[0])] * unanswered
            rest = [message for message in got if message not in exits and message not in downs]
            assert in_order(rest, events)
            return
        aquavit.demonitor(ref, flush=True)
        aquavit.kill(server)
        await settled()

    run(main, loop_factory=loop_factory())


def info_count(server: Pid[Any]) -> int:
    """Return how many clients wait for a reply."""
    found = aquavit.process_info(server)
    return 0 if found is None else len(found.monitored_by) - 1


def in_order(got: list[Any], events: list[Any]) -> bool:
    """Tell whether the two agree: a reply reaches its client, and main, at any later time."""
    own = [event for event in events if not (isinstance(event, tuple) and event[0] == "reply")]
    told = [event for event in got if not (isinstance(event, tuple) and event[0] == "reply")]
    replies = [
        [e for e in each if isinstance(e, tuple) and e[0] == "reply"] for each in (got, events)
    ]
    return own == told and replies[0] == replies[1]


@process_test
async def test_the_state_lives_in_the_server_alone() -> None:
    argument = [1]

    class Keeps(GenServer):
        def init(self, items: list[int]) -> None:
            self.items = items

        @call
        def add(self, item: int) -> list[int]:
            self.items.append(item)
            return self.items

    server = await Keeps.start(argument)
    first = await Keeps.add(server, 2)
    first.append(99)
    assert await Keeps.add(server, 3) == [1, 2, 3]
    assert argument == [1]
    await GenServer.stop(server)
    assert await died(server) == "noproc"
