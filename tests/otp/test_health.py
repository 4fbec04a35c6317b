"""`health`: a tree of supervisors as data."""

from __future__ import annotations

from typing import Any

import pytest

from aquavit import (
    IGNORE,
    ChildSpec,
    DynamicSupervisor,
    GenServer,
    Health,
    NoProcess,
    Supervisor,
    flush,
    health,
    receive,
    send,
    spawn,
    system,
)
from tests.supervised import Fuse, crash, news, pid_of, spec
from tests.support import process_test

pytestmark = pytest.mark.usefixtures("no_reports")


async def stop(sup: Any) -> None:
    await Supervisor.stop(sup)
    flush()


@process_test
async def test_a_tree_is_shown_with_all_that_is_below_it() -> None:
    inner = Supervisor.child_spec([spec("a"), spec("b")], id="inner", max_restarts=7)
    sup = await Supervisor.start_link([spec("x"), inner, DynamicSupervisor], name="root")
    kid = await DynamicSupervisor.start_child(await pid_of(sup, "DynamicSupervisor"), spec("k"))
    tree = await health("root")
    assert [part.id for part in tree.walk()] == [
        *("root", "x", "inner", "a", "b", "DynamicSupervisor", kid)
    ]
    assert tree.is_healthy
    assert tree.children[1].max_restarts == 7
    assert hash(tree) == hash(await health("root"))
    await stop(sup)


@process_test
async def test_restarts_are_counted_for_the_child_and_in_the_window() -> None:
    sup = await Supervisor.start_link([spec("x"), spec("y")])
    await crash(sup, "x")
    await news()
    tree = await health(sup)
    assert (tree.recent, tree.max_restarts) == (1, 3)
    assert [(child.id, child.restarts) for child in tree.children] == [("x", 1), ("y", 0)]
    await stop(sup)


@process_test
async def test_what_does_not_run_says_so() -> None:
    children = [spec("ig", lambda _: IGNORE), spec("x", Fuse(1))]
    sup = await Supervisor.start_link(children, max_restarts=1_000_000)
    await crash(sup, "x")
    tree = await health(sup)
    assert [child.status for child in tree.children] == ["stopped", "restarting"]
    assert not tree.is_healthy
    await Supervisor.terminate_child(sup, "x")
    await stop(sup)


@process_test
async def test_a_supervisor_that_does_not_answer_is_unresponsive() -> None:
    async def hangs(_: Any) -> None:
        await receive("go")

    sup = await Supervisor.start_link([Supervisor.child_spec([], id="busy")])
    busy = await pid_of(sup, "busy")
    starting = spawn(Supervisor.start_child, busy, spec("slow", hangs))
    (_, _) = await receive(("start", "slow"))
    tree = await health(sup, timeout=0.01)
    assert tree.children[0].status == "unresponsive"
    (child,) = [pid for pid in _links(busy) if pid not in (sup, starting)]
    send(child, "go")
    await news()
    assert (await health(sup)).is_healthy
    await stop(sup)


def _links(pid: Any) -> tuple[Any, ...]:
    from aquavit import process_info

    info = process_info(pid)
    assert info is not None
    return info.links


@process_test
async def test_a_supervisor_of_another_kind_is_a_leaf() -> None:
    class Own(GenServer):
        def init(self) -> None: ...

    sup = await Supervisor.start_link([Own.child_spec(type="supervisor")])
    (leaf,) = (await health(sup)).children
    assert (leaf.status, leaf.type, leaf.children) == ("running", "supervisor", ())
    await stop(sup)


@process_test
async def test_a_suspended_supervisor_answers() -> None:
    sup = await Supervisor.start_link([])
    await system.suspend(sup)
    assert await health(sup) == Health(sup, sup, "supervisor", "running", 0, 0, 3, ())
    await stop(sup)


@process_test
async def test_nobody_has_no_health() -> None:
    with pytest.raises(NoProcess):
        await health("nobody")


def test_a_child_spec_is_needed() -> None:
    with pytest.raises(TypeError, match="expected start="):
        ChildSpec("x", None)  # type: ignore[arg-type]
