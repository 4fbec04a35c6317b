"""What becomes of the trees that still stand when the program ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import aquavit
from aquavit import DynamicSupervisor, GenServer, Supervisor, sleep, trap_exit
from aquavit.core import isolation, loops
from tests.support import loop_factory

pytestmark = pytest.mark.usefixtures("no_reports")


class Told:
    """A list that processes share, on purpose."""

    def __init__(self) -> None:
        self.lines: list[Any] = []


isolation.register(Told, reference=True)


class Worker(GenServer):
    """Takes some turns to clean up, and tells before and after."""

    def init(self, name: str, told: Told, turns: int | None = 3) -> None:
        trap_exit(True)
        self.name, self.told, self.turns = name, told, turns

    async def terminate(self, reason: Any) -> None:
        self.told.lines.append((self.name, reason))
        if self.turns is None:
            await sleep(None)
        for _ in range(self.turns or 0):
            await sleep(0)
        self.told.lines.append(self.name)


def run(main: Callable[[], Any]) -> None:
    aquavit.run(main, loop_factory=loop_factory())


def worker(told: Told, name: str, turns: int | None = 3) -> Any:
    return Worker.child_spec(name, told, turns, id=name)


def stopped(*names: str) -> list[Any]:
    """Return what workers tell that stop one after the other."""
    return [line for name in names for line in ((name, "shutdown"), name)]


def test_a_tree_stops_in_order_when_main_ends() -> None:
    told = Told()

    async def main() -> None:
        inner = Supervisor.child_spec([worker(told, "b"), worker(told, "c")], id="inner")
        await Supervisor.start_link([worker(told, "a"), inner, worker(told, "d")])

    run(main)
    assert told.lines == stopped("d", "c", "b", "a")


def test_a_tree_stops_in_order_when_main_fails() -> None:
    told = Told()

    async def main() -> None:
        await Supervisor.start_link([worker(told, "a"), worker(told, "b")])
        raise KeyError("x")

    with pytest.raises(KeyError):
        run(main)
    assert told.lines == stopped("b", "a")


def test_a_server_without_a_link_cleans_up_too() -> None:
    told = Told()

    async def main() -> None:
        await Worker.start("alone", told)

    run(main)
    assert told.lines == stopped("alone")


def test_children_of_a_dynamic_supervisor_clean_up() -> None:
    told = Told()

    async def main() -> None:
        sup = await DynamicSupervisor.start_link()
        for number in range(3):
            await DynamicSupervisor.start_child(sup, worker(told, str(number)))

    run(main)
    assert sorted(map(str, told.lines)) == sorted(map(str, stopped("0", "1", "2")))


def test_one_that_does_not_end_is_closed_by_force() -> None:
    told = Told()

    async def main() -> None:
        loops.the_runtime("test").cleanup_timeout = 0.02
        await Supervisor.start_link([worker(told, "a"), worker(told, "hangs", None)])

    run(main)
    assert told.lines[0] == ("hangs", "shutdown")
    assert "hangs" not in told.lines


def test_no_child_is_restarted_while_the_program_ends() -> None:
    told = Told()

    async def main() -> None:
        sup = await Supervisor.start_link([worker(told, "a")], max_restarts=1000)
        (row,) = await Supervisor.which_children(sup)
        aquavit.exit(row.pid, "boom")  # type: ignore[arg-type]
        GenServer.cast(row.pid, "what")  # type: ignore[arg-type]

    run(main)
    assert told.lines[-1] == "a"
