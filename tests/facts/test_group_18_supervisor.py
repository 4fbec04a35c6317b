"""Group 18: supervisors, how they start, restart and stop their children."""

from __future__ import annotations

from typing import Any

import pytest

import aquavit
from aquavit import (
    IGNORE,
    ChildSpec,
    Exit,
    Pid,
    StartError,
    Stop,
    Supervisor,
    Task,
    exit,
    flush,
    is_alive,
    kill,
    monitor,
    receive,
    self,
    send,
    spawn,
    trap_exit,
)
from tests.clock import VirtualClock
from tests.supervised import (
    C,
    Fuse,
    changed,
    crash,
    deaf,
    ids,
    news,
    pid_of,
    pids,
    quiet_start,
    spec,
)
from tests.support import died, idle, process_test, settled

pytestmark = pytest.mark.usefixtures("no_reports")
REASONS = ("normal", "shutdown", ("shutdown", "x"), "boom")


async def stop(sup: Pid[Any]) -> list[Any]:
    """Stop a supervisor and return what its children told."""
    await Supervisor.stop(sup)
    return flush()


@process_test
async def test_fact_211_children_start_in_the_order_of_the_list() -> None:
    sup = await Supervisor.start_link([spec("a"), spec("b"), spec("c")])
    assert flush() == [("start", "a"), ("start", "b"), ("start", "c")]
    await stop(sup)


@process_test
async def test_fact_211_a_child_starts_when_the_one_before_is_ready() -> None:
    test = self()

    async def slow(id: Any) -> None:
        send(test, ("waits", id, self()))
        await receive("go")

    async def starter() -> None:
        await Supervisor.start_link([C.child_spec("a", test, slow), spec_b])
        send(test, "all up")
        await idle()

    spec_b = spec("b")
    starting = spawn(starter)
    (_, _, pid) = await receive(("waits", ..., ...))
    assert await news() == [("start", "a")]
    send(pid, "go")
    assert await news() == [("start", "b"), "all up"]
    exit(starting, "shutdown")
    await news()


@process_test
async def test_fact_212_children_stop_in_the_reverse_order() -> None:
    sup = await quiet_start([spec("a"), spec("b"), spec("c")])
    assert await stop(sup) == [("stop", id, "shutdown") for id in "cba"]


@process_test
async def test_fact_212_a_child_is_told_when_the_one_after_it_is_gone() -> None:
    test = self()

    async def last() -> None:
        trap_exit(True)
        await receive(Exit)
        send(test, ("leaves", self()))
        await receive("go")
        send(test, "gone")

    sup = await quiet_start([spec("a"), ChildSpec("b", (Task.start_link, last))])
    await settled()
    stopping = spawn(Supervisor.stop, sup)
    (_, pid) = await receive(("leaves", ...))
    assert await news() == []
    send(pid, "go")
    await died(stopping)
    assert flush() == ["gone", ("stop", "a", "shutdown")]


def deaf_child(shutdown: Any, **fields: Any) -> ChildSpec:
    return ChildSpec("deaf", (Task.start_link, deaf), shutdown=shutdown, **fields)


@process_test
async def test_fact_213_a_child_is_killed_when_its_time_to_stop_is_over() -> None:
    clock = VirtualClock()
    sup = await quiet_start([deaf_child(2.0)])
    ref = monitor(await pid_of(sup, "deaf"))
    stopping = spawn(Supervisor.stop, sup)
    await clock.advance(1.9)
    assert is_alive(sup)
    await clock.advance(0.2)
    assert (await receive(aquavit.Down(ref, ..., ...))).reason == "killed"
    await died(stopping)


@process_test
async def test_fact_213_brutal_kill_kills_at_once() -> None:
    sup = await quiet_start([spec("a", shutdown="brutal_kill")])
    pid = await pid_of(sup, "a")
    ref = monitor(pid)
    assert await stop(sup) == [aquavit.Down(ref, pid, "killed")]


@process_test
async def test_fact_213_without_a_limit_a_supervisor_waits_for_ever() -> None:
    clock = VirtualClock()
    sup = await quiet_start([deaf_child(None)])
    pid = await pid_of(sup, "deaf")
    stopping = spawn(Supervisor.stop, sup)
    await clock.advance(1_000_000)
    assert is_alive(pid)
    assert is_alive(stopping)
    kill(pid)
    await died(stopping)


def test_fact_213_workers_have_five_seconds_and_supervisors_all_the_time() -> None:
    assert C.child_spec().shutdown == 5.0
    assert Supervisor.child_spec([]).shutdown is None


@process_test
async def test_fact_215_one_for_one_restarts_the_dead_child_alone() -> None:
    sup = await quiet_start([spec("a"), spec("b"), spec("c")])
    before = await pids(sup)
    await crash(sup, "b")
    assert await news() == [("stop", "b", "boom"), ("start", "b")]
    assert changed(before, await pids(sup)) == ["b"]
    assert list(await pids(sup)) == ["a", "b", "c"]
    await stop(sup)


@process_test
async def test_fact_216_one_for_all_stops_the_others_and_starts_all() -> None:
    sup = await quiet_start([spec("a"), spec("b"), spec("c")], strategy="one_for_all")
    await crash(sup, "b")
    assert await news() == [
        *[("stop", "b", "boom"), ("stop", "c", "shutdown"), ("stop", "a", "shutdown")],
        *[("start", "a"), ("start", "b"), ("start", "c")],
    ]
    await stop(sup)


@process_test
async def test_fact_217_rest_for_one_restarts_those_after_the_dead_child() -> None:
    sup = await quiet_start([spec("a"), spec("b"), spec("c"), spec("d")], strategy="rest_for_one")
    before = await pids(sup)
    await crash(sup, "b")
    assert await news() == [
        *[("stop", "b", "boom"), ("stop", "d", "shutdown"), ("stop", "c", "shutdown")],
        *[("start", "b"), ("start", "c"), ("start", "d")],
    ]
    assert changed(before, await pids(sup)) == ["b", "c", "d"]
    await stop(sup)


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("restart", ["permanent", "transient", "temporary"])
@process_test
async def test_fact_218_the_restart_type_and_the_reason_decide(restart: str, reason: Any) -> None:
    sup = await quiet_start([spec("a", restart=restart)])
    await crash(sup, "a", reason)
    restarted = restart == "permanent" or (restart == "transient" and reason == "boom")
    assert (("start", "a") in await news()) is restarted
    left = {"permanent": "up", "transient": "up" if restarted else "undefined"}
    assert await ids(sup) == ([] if restart == "temporary" else [("a", left[restart])])
    await stop(sup)


@process_test
async def test_fact_219_a_group_restart_starts_a_transient_child_that_had_ended() -> None:
    children = [spec("a"), spec("t", restart="transient")]
    sup = await quiet_start(children, strategy="one_for_all")
    await crash(sup, "t", "normal")
    assert await news() == [("stop", "t", "normal")]
    assert await ids(sup) == [("a", "up"), ("t", "undefined")]
    await crash(sup, "a")
    assert await news() == [("stop", "a", "boom"), ("start", "a"), ("start", "t")]
    await stop(sup)


@pytest.mark.parametrize("strategy", ["one_for_all", "rest_for_one"])
@process_test
async def test_fact_220_a_group_restart_drops_temporary_siblings(strategy: str) -> None:
    sup = await quiet_start([spec("a"), spec("tmp", restart="temporary")], strategy=strategy)
    await crash(sup, "a")
    assert await news() == [("stop", "a", "boom"), ("stop", "tmp", "shutdown"), ("start", "a")]
    assert await ids(sup) == [("a", "up")]
    await stop(sup)


@process_test
async def test_fact_221_what_is_not_restarted_brings_no_group_restart() -> None:
    children = [spec("a"), spec("t", restart="transient"), spec("tmp", restart="temporary")]
    sup = await quiet_start(children, strategy="one_for_all")
    await crash(sup, "t", "normal")
    await crash(sup, "tmp")
    assert await news() == [("stop", "t", "normal"), ("stop", "tmp", "boom")]
    await stop(sup)


async def starts_trapping(children: list[Any], **options: Any) -> Pid[Any]:
    trap_exit(True)
    return await quiet_start(children, **options)


@process_test
async def test_fact_222_the_fourth_restart_in_five_seconds_is_one_too_many() -> None:
    VirtualClock()
    sup = await starts_trapping([spec("a"), spec("b")])
    for _ in range(3):
        await crash(sup, "a")
        assert await news() == [("stop", "a", "boom"), ("start", "a")]
    await crash(sup, "a")
    told = [("stop", "a", "boom"), ("stop", "b", "shutdown"), Exit(sup, "shutdown")]
    assert await news() == told


@process_test
async def test_fact_223_children_are_counted_together() -> None:
    sup = await starts_trapping([spec("a"), spec("b"), spec("c")], max_restarts=2)
    await crash(sup, "a")
    await crash(sup, "b")
    await crash(sup, "c")
    assert (await news())[-1] == Exit(sup, "shutdown")


@process_test
async def test_fact_223_a_group_restart_counts_once() -> None:
    sup = await quiet_start([spec(id) for id in "abc"], strategy="one_for_all", max_restarts=1)
    await crash(sup, "a")
    await news()
    assert is_alive(sup)
    await stop(sup)


@process_test
async def test_fact_223_restarts_leave_the_window() -> None:
    clock = VirtualClock()
    sup = await starts_trapping([spec("a")], max_restarts=1, max_seconds=1)
    for _ in range(5):
        await crash(sup, "a")
        await news()
        assert is_alive(sup)
        await clock.advance(1.01)
    await crash(sup, "a")
    await news()
    await crash(sup, "a")
    assert (await news())[-1] == Exit(sup, "shutdown")


@process_test
async def test_fact_223_an_end_without_a_restart_does_not_count() -> None:
    sup = await quiet_start([spec("a", restart="transient")], max_restarts=0)
    await crash(sup, "a", "normal")
    await news()
    assert is_alive(sup)
    await stop(sup)


@process_test
async def test_fact_224_a_failing_restart_is_tried_again_and_counted() -> None:
    fuse = Fuse(1)
    sup = await starts_trapping([spec("a", fuse), spec("b")])
    await crash(sup, "a")
    assert await news() == [
        *[("stop", "a", "boom"), ("start", "a"), ("start", "a"), ("start", "a")],
        *[("stop", "b", "shutdown"), Exit(sup, "shutdown")],
    ]
    assert fuse.starts == -3


@process_test
async def test_fact_224_messages_are_served_between_attempts() -> None:
    sup = await quiet_start([spec("a", Fuse(1))], max_restarts=1_000_000)
    await crash(sup, "a")
    assert await ids(sup) == [("a", "restarting")]
    assert (await Supervisor.count_children(sup)).active == 0
    await Supervisor.terminate_child(sup, "a")
    assert await ids(sup) == [("a", "undefined")]
    await stop(sup)


def nested(children: list[Any], **fields: Any) -> ChildSpec:
    return Supervisor.child_spec(children, id="inner", **fields)


@process_test
async def test_fact_225_an_inner_supervisor_that_gives_up_is_restarted() -> None:
    sup = await quiet_start([nested([spec("x")], max_restarts=0)])
    inner = await pid_of(sup, "inner")
    await crash(inner, "x")
    assert await news() == [("stop", "x", "boom"), ("start", "x")]
    assert await pid_of(sup, "inner") != inner
    await stop(sup)


@process_test
async def test_fact_226_a_child_that_is_ignored_is_kept_without_a_pid() -> None:
    sup = await quiet_start([spec("ig", lambda _: IGNORE)])
    assert await ids(sup) == [("ig", "undefined")]
    temporary = spec("tmp", lambda _: IGNORE, restart="temporary")
    assert await Supervisor.start_child(sup, temporary) is None
    assert await ids(sup) == [("ig", "undefined")]
    await stop(sup)


@process_test
async def test_fact_226_a_start_function_may_give_more_than_the_pid() -> None:
    pid = spawn(idle)
    sup = await quiet_start([])
    assert await Supervisor.start_child(sup, ChildSpec("x", (lambda: (pid, "more"),))) == (
        pid,
        "more",
    )
    assert await pid_of(sup, "x") == pid
    await stop(sup)


@process_test
async def test_fact_226_another_value_is_an_error_with_that_reason() -> None:
    sup = await quiet_start([])
    with pytest.raises(StartError) as caught:
        await Supervisor.start_child(sup, ChildSpec("bad", (lambda: "what",)))
    assert caught.value.reason == "what"
    await stop(sup)


@process_test
async def test_fact_227_a_failing_child_stops_those_before_it() -> None:
    with pytest.raises(StartError) as caught:
        await Supervisor.start_link([spec("a"), spec("b"), spec("c", lambda _: Stop("nope"))])
    assert caught.value.reason == ("shutdown", ("failed_to_start_child", "c", "nope"))
    assert str(caught.value) == "could not start Supervisor: child 'c': 'nope'"
    assert flush() == [
        *[("start", "a"), ("start", "b"), ("start", "c")],
        *[("stop", "b", "shutdown"), ("stop", "a", "shutdown")],
    ]


@process_test
async def test_fact_227_what_init_raised_is_the_cause() -> None:
    def fails(id: Any) -> None:
        raise RuntimeError("oops")

    with pytest.raises(StartError) as caught:
        await Supervisor.start_link([nested([spec("x", fails)])])
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert str(caught.value) == (
        "could not start Supervisor: child 'inner': child 'x': RuntimeError: oops"
    )
    flush()


@process_test
async def test_fact_228_ids_must_differ() -> None:
    with pytest.raises(
        ValueError, match=r"distinct ids of children, got children\[1\].id='a' twice"
    ):
        await Supervisor.start_link([spec("a"), spec("a")])


@pytest.mark.parametrize(
    "flags",
    [
        *[{"strategy": "all"}, {"max_restarts": -1}, {"max_restarts": 1.5}],
        *[{"max_seconds": 0}, {"max_seconds": "5"}, {"auto_shutdown": "maybe"}],
    ],
)
@process_test
async def test_fact_228_wrong_options_are_errors(flags: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"expected {next(iter(flags))} to be"):
        await Supervisor.start_link([], **flags)


class Shop(Supervisor):
    """A supervisor of its own."""

    def init(self, result: Any) -> Any:
        return result


@process_test
async def test_fact_229_a_class_says_what_it_supervises() -> None:
    sup = await Shop.start_link(Supervisor.spec([spec("a")], strategy="one_for_all"))
    assert await ids(sup) == [("a", "up")]
    await stop(sup)


@process_test
async def test_fact_229_ignore_starts_nothing_and_anything_else_is_an_error() -> None:
    assert await Shop.start_link(IGNORE) is None
    with pytest.raises(StartError) as caught:
        await Shop.start_link("what")
    assert caught.value.reason == ("bad_return", ("Shop", "init", "what"))
