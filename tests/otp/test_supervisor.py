"""What a supervisor is handed by its children, and must not end of."""

from __future__ import annotations

from typing import Any

import pytest

from aquavit import (
    ChildSpec,
    DynamicSupervisor,
    GenServer,
    Supervisor,
    receive,
    self,
    system,
    whereis,
)
from tests.supervised import crash
from tests.support import process_test, settled

pytestmark = pytest.mark.usefixtures("no_reports")


class Worker(GenServer):
    """Ends as it is told."""

    def init(self, *args: Any) -> None: ...

    def handle_cast(self, request: tuple[str, Any]) -> None:
        raise RuntimeError(request)


@process_test
async def test_named_arguments_may_be_a_dict() -> None:
    named = {"name": "worker"}
    spec = ChildSpec("x", (Worker.start_link,), kwargs=named)
    named["name"] = "changed"
    assert spec.kwargs == (("name", "worker"),)
    assert Worker.child_spec(name="worker", kwargs={"timeout": 1.0}).kwargs == (
        ("name", "worker"),
        ("timeout", 1.0),
    )
    supervisor = await Supervisor.start_link([spec])
    first = whereis("worker")
    await crash(supervisor, "x")
    await settled()
    assert whereis("worker") not in (None, first)
    await Supervisor.stop(supervisor)


def generator() -> Any:
    """Return what cannot be copied."""
    return (number for number in ())


async def start_with_info() -> Any:
    """Start a worker, and give more than its Pid."""
    return await Worker.start_link(name="worker"), generator()


@pytest.mark.parametrize("kind", [Supervisor, DynamicSupervisor])
@process_test
async def test_an_info_that_cannot_be_copied_is_refused_where_it_is_asked_for(kind: Any) -> None:
    supervisor = await kind.start_link()
    with pytest.raises(TypeError, match="expected data that can be copied"):
        await kind.start_child(supervisor, ChildSpec("x", (start_with_info,)))
    assert [row.pid for row in await kind.which_children(supervisor)] == [whereis("worker")]
    await kind.stop(supervisor)


class OddIds(Supervisor):
    """Knows a child by what cannot be copied."""

    def init(self) -> Any:
        return Supervisor.spec([Worker.child_spec(id=generator(), name="worker")])


@process_test
async def test_an_id_that_cannot_be_copied_is_refused_where_it_is_asked_for() -> None:
    supervisor = await OddIds.start_link()
    with pytest.raises(TypeError, match="expected data that can be copied"):
        await Supervisor.which_children(supervisor)
    assert (await Supervisor.count_children(supervisor)).active == 1
    await Supervisor.stop(supervisor)


@process_test
async def test_a_traced_supervisor_shows_its_replies() -> None:
    supervisor = await Supervisor.start_link([])
    await system.trace(supervisor, 2, to=self())
    await Supervisor.which_children(supervisor)
    await receive(("trace", supervisor, ("in", "which_children", self())))
    await receive(("trace", supervisor, ("out", ("ok", []), self())))
    await Supervisor.stop(supervisor)
