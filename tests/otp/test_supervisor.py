"""What a supervisor is handed by its children, and must not end of."""

from __future__ import annotations

from typing import Any

import pytest

from aquavit import ChildSpec, GenServer, Supervisor, whereis
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
