"""Group 18, second half: children on request, signals, significant children, specs."""

from __future__ import annotations

from typing import Any

import pytest

from aquavit import (
    AlreadyStarted,
    ChildError,
    ChildInfo,
    ChildSpec,
    DynamicSupervisor,
    Exit,
    GenServer,
    NoChild,
    NoProcess,
    Pid,
    ProcessExit,
    ServerExit,
    StartError,
    Stop,
    Supervisor,
    Task,
    exit,
    flush,
    is_alive,
    kill,
    link,
    receive,
    self,
    send,
    spawn,
    trap_exit,
    unlink,
    whereis,
)
from tests.supervised import C, Fuse, changed, crash, ids, news, pid_of, pids, quiet_start, spec
from tests.support import died, end, idle, info, process_test, settled

pytestmark = pytest.mark.usefixtures("no_reports")


async def stop(sup: Pid[Any]) -> list[Any]:
    """Stop a supervisor and return what its children told."""
    await Supervisor.stop(sup)
    return flush()


@process_test
async def test_fact_214_a_child_that_fails_while_stopping_is_gone_all_the_same() -> None:
    async def fails() -> None:
        trap_exit(True)
        await receive(Exit)
        raise RuntimeError("while stopping")

    sup = await quiet_start([spec("a"), ChildSpec("b", (Task.start_link, fails))])
    await settled()
    assert await stop(sup) == [("stop", "a", "shutdown")]


@process_test
async def test_fact_230_a_new_child_goes_to_the_end() -> None:
    sup = await quiet_start([spec("a")], strategy="rest_for_one")
    pid = await Supervisor.start_child(sup, spec("b"))
    assert await ids(sup) == [("a", "up"), ("b", "up")]
    assert await pid_of(sup, "b") == pid
    flush()
    assert await stop(sup) == [("stop", "b", "shutdown"), ("stop", "a", "shutdown")]


@process_test
async def test_fact_230_an_id_that_is_there_is_an_error() -> None:
    sup = await quiet_start([spec("a")])
    with pytest.raises(AlreadyStarted) as running:
        await Supervisor.start_child(sup, spec("a"))
    assert running.value.pid == await pid_of(sup, "a")
    await Supervisor.terminate_child(sup, "a")
    with pytest.raises(ChildError, match="restart_child starts it") as present:
        await Supervisor.start_child(sup, spec("a"))
    assert present.value.reason == "already_present"
    await stop(sup)


@process_test
async def test_fact_230_a_child_that_fails_is_not_kept() -> None:
    sup = await quiet_start([])
    with pytest.raises(StartError):
        await Supervisor.start_child(sup, spec("a", lambda _: Stop("nope")))
    assert await ids(sup) == []
    await stop(sup)


@process_test
async def test_fact_231_a_child_is_stopped_started_and_forgotten() -> None:
    sup = await quiet_start([spec("a"), spec("b")], max_restarts=0)
    for _ in range(2):
        await Supervisor.terminate_child(sup, "a")
    assert await ids(sup) == [("a", "undefined"), ("b", "up")]
    assert is_alive(await Supervisor.restart_child(sup, "a"))
    assert await ids(sup) == [("a", "up"), ("b", "up")]
    await Supervisor.terminate_child(sup, "a")
    await Supervisor.delete_child(sup, "a")
    assert await ids(sup) == [("b", "up")]
    await stop(sup)


@process_test
async def test_fact_231_what_cannot_be_done_is_an_error() -> None:
    sup = await quiet_start([spec("a"), spec("x", Fuse(1))], max_restarts=10_000_000)
    await crash(sup, "x")
    for act in (Supervisor.restart_child, Supervisor.delete_child):
        for id, reason in (("a", "running"), ("x", "restarting"), ("zz", "not_found")):
            with pytest.raises(ChildError) as caught:
                await act(sup, id)
            assert caught.value.reason == reason
    with pytest.raises(NoChild, match="child 'zz' is not known to this supervisor"):
        await Supervisor.terminate_child(sup, "zz")
    await Supervisor.terminate_child(sup, "x")
    await stop(sup)


@process_test
async def test_fact_231_stopping_a_temporary_child_forgets_it() -> None:
    sup = await quiet_start([spec("tmp", restart="temporary")])
    await Supervisor.terminate_child(sup, "tmp")
    assert await ids(sup) == []
    await stop(sup)


@process_test
async def test_fact_232_rows_come_in_the_reverse_order() -> None:
    sup = await quiet_start([spec("a"), Supervisor.child_spec([], id="s")])
    rows = await Supervisor.which_children(sup)
    pids_ = await pids(sup)
    assert rows == [
        ChildInfo("s", pids_["s"], "supervisor", "permanent"),
        ChildInfo("a", pids_["a"], "worker", "permanent"),
    ]
    count = await Supervisor.count_children(sup)
    assert (count.specs, count.active, count.supervisors, count.workers) == (2, 2, 1, 1)
    await stop(sup)


@pytest.mark.parametrize("reason", ["normal", "shutdown", "boom"])
@process_test
async def test_fact_233_the_end_of_the_parent_stops_it(reason: Any) -> None:
    test, child = self(), spec("a")

    async def parent() -> None:
        send(test, await Supervisor.start_link([child]))
        await receive("go")
        raise ProcessExit(reason)

    pid = spawn(parent)
    sup = await receive(Pid)
    flush()
    send(pid, "go")
    assert await died(sup) == reason
    assert flush() == [("stop", "a", "shutdown")]


@process_test
async def test_fact_233_strangers_do_not_matter() -> None:
    sup = await quiet_start([])
    stranger = spawn(_link_and_leave, sup)
    await died(stranger)
    exit(spawn(idle), "bad")
    send(sup, "what")
    await settled()
    assert is_alive(sup)
    assert info(sup).trap_exit
    await stop(sup)


def _link_and_leave(sup: Pid[Any]) -> None:
    link(sup)
    exit(self(), "bad")


@process_test
async def test_fact_234_killing_a_supervisor_kills_in_no_order() -> None:
    sup = await quiet_start([spec("a"), spec("b")])
    unlink(sup)
    await end(sup)
    assert sorted(await news()) == [("stop", "a", "killed"), ("stop", "b", "killed")]


@process_test
async def test_fact_235_children_are_told_shutdown_whatever_the_reason() -> None:
    sup = await quiet_start([spec("a")])
    unlink(sup)
    await Supervisor.stop(sup, "why")
    assert flush() == [("stop", "a", "shutdown")]


def significant(id: Any, restart: str = "transient") -> ChildSpec:
    return spec(id, restart=restart, significant=True)


@process_test
async def test_fact_236_the_first_significant_child_that_ends_ends_all() -> None:
    trap_exit(True)
    children = [significant("a"), spec("b"), significant("c")]
    sup = await quiet_start(children, auto_shutdown="any_significant")
    await crash(sup, "a", "normal")
    assert await news() == [
        *[("stop", "a", "normal"), ("stop", "c", "shutdown"), ("stop", "b", "shutdown")],
        Exit(sup, "shutdown"),
    ]


@process_test
async def test_fact_236_the_last_significant_child_that_ends_ends_all() -> None:
    trap_exit(True)
    children = [significant("a"), significant("c", "temporary")]
    sup = await quiet_start(children, auto_shutdown="all_significant")
    await crash(sup, "a", "normal")
    await news()
    assert is_alive(sup)
    await crash(sup, "c")
    assert (await news())[-1] == Exit(sup, "shutdown")


@process_test
async def test_fact_236_a_child_that_is_restarted_or_stopped_ends_nothing() -> None:
    sup = await quiet_start([significant("a")], auto_shutdown="any_significant")
    await crash(sup, "a", "boom")
    await news()
    await Supervisor.terminate_child(sup, "a")
    await settled()
    assert is_alive(sup)
    await stop(sup)


@process_test
async def test_fact_236_combinations_that_make_no_sense_are_errors() -> None:
    with pytest.raises(ValueError, match=r"children\[0\].significant: True needs auto_shutdown"):
        await Supervisor.start_link([significant("a")])
    with pytest.raises(ValueError, match="'permanent', which never ends by itself"):
        Supervisor.spec([significant("a", "permanent")], auto_shutdown="any_significant")
    sup = await quiet_start([])
    with pytest.raises(ValueError, match=r"child 'a'\.significant: True needs auto_shutdown"):
        await Supervisor.start_child(sup, significant("a"))
    await stop(sup)


@process_test
async def test_fact_237_start_link_passes_auto_shutdown_on() -> None:
    trap_exit(True)
    sup = await quiet_start([significant("a")], auto_shutdown="all_significant")
    await crash(sup, "a", "normal")
    assert (await news())[-1] == Exit(sup, "shutdown")


def test_fact_238_a_spec_has_defaults_and_can_be_changed() -> None:
    made = C.child_spec(1)
    assert (made.id, made.restart, made.type, made.significant) == (
        "C",
        "permanent",
        "worker",
        False,
    )
    assert made.replace(id=2, restart="temporary").restart == "temporary"
    assert (made.id, made.restart) == ("C", "permanent")


@pytest.mark.parametrize("child", ["C", 5, None, (), ("C",), [C], lambda: None])
def test_fact_238_anything_else_is_no_child(child: Any) -> None:
    with pytest.raises(TypeError, match="expected a child"):
        Supervisor.spec([child])


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"start": "x"}, "expected start"),
        ({"start": ()}, "expected start"),
        ({"restart": "sometimes"}, "expected restart to be one of"),
        ({"shutdown": -1}, "expected shutdown in seconds"),
        ({"shutdown": "now"}, "expected shutdown in seconds"),
        ({"type": "boss"}, "expected type to be one of"),
        ({"significant": "yes"}, "expected significant to be one of"),
        ({"id": []}, "expected an id that can be hashed"),
        ({"backoff": 5}, "expected backoff"),
    ],
)
def test_fact_238_a_wrong_spec_names_the_field(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises((TypeError, ValueError), match=problem):
        ChildSpec(**{"id": "x", "start": (idle,), **fields})


def test_fact_239_supervisors_are_of_type_supervisor() -> None:
    assert Supervisor.child_spec([]).type == "supervisor"
    assert DynamicSupervisor.child_spec().type == "supervisor"
    assert DynamicSupervisor.child_spec(name="here").id == "here"


@process_test
async def test_fact_240_a_supervisor_is_found_by_its_name() -> None:
    sup = await quiet_start([spec("a")], name="sup")
    assert whereis("sup") == sup
    assert await ids("sup") == [("a", "up")]
    await Supervisor.stop("sup")
    flush()
    with pytest.raises(NoProcess) as caught:
        await Supervisor.which_children("sup")
    assert (caught.value.reason, caught.value.request) == ("noproc", "which_children")


@process_test
async def test_fact_240_a_call_to_one_that_dies_says_why() -> None:
    trap_exit(True)
    test = self()

    async def hangs(_: Any) -> None:
        send(test, self())
        await receive("go")

    sup = await quiet_start([])

    async def asks() -> None:
        try:
            await Supervisor.start_child(sup, hanging)
        except ServerExit as error:
            send(test, error.reason)

    hanging = spec("slow", hangs)
    asking = spawn(asks)
    slow = await receive(Pid)
    kill(sup)
    assert await receive(str) == "killed"
    send(slow, "go")
    await died(asking)
    await news()


@process_test
async def test_a_restart_keeps_the_order_for_the_next_group_restart() -> None:
    sup = await quiet_start([spec("a"), spec("b"), spec("c")], strategy="rest_for_one")
    await crash(sup, "a")
    await news()
    before = await pids(sup)
    await crash(sup, "b")
    await news()
    assert changed(before, await pids(sup)) == ["b", "c"]
    assert list(await pids(sup)) == ["a", "b", "c"]
    GenServer.cast(await pid_of(sup, "c"), ("exit", "normal"))
    await news()
    await stop(sup)
