"""Scenario 38: significant children, whose end ends the supervisor."""

from __future__ import annotations

from typing import Any

from aquavit import ChildSpec, Pid, Supervisor, trap_exit
from tests.conformance import trace as t
from tests.supervised import crash, ids, pid_of, spec

_ERROR = "a wrong option is a ValueError that names it"
DEPARTURES: dict[str, str] = {}
CHANGES = {
    "never": ("{:raise, ArgumentError, TEXT}", _ERROR),
    "permanent": ("{:raise, ArgumentError, TEXT}", _ERROR),
    "start_child_never": ("{:raise, ArgumentError, TEXT}", _ERROR),
    "bad_option": ("{:raise, ArgumentError, TEXT}", _ERROR),
}


async def _start(*children: ChildSpec, auto_shutdown: str = "never") -> Any:
    sup = await Supervisor.start_link(children, auto_shutdown=auto_shutdown)
    await t.flush()
    return t.name(sup, "SUP")


def _sig(id: str, restart: str) -> ChildSpec:
    return spec(id, restart=restart, significant=True)


async def _out(sup: Pid[Any]) -> tuple[Any, ...]:
    return await t.flush(), t.status(sup)


async def _refused(fn: Any) -> Any:
    return await t.attempt(fn, ValueError, "ArgumentError")


async def main() -> None:
    """Play the scenario."""
    trap_exit(True)
    t.p("never", await _refused(lambda: Supervisor.start_link([_sig("a", "transient")])))
    await t.flush()
    await _any()
    await _all()
    t.p(
        "permanent",
        await _refused(lambda: _start(_sig("a", "permanent"), auto_shutdown="any_significant")),
    )
    await t.flush()
    sup = await _start()
    t.p(
        "start_child_never",
        await _refused(lambda: Supervisor.start_child(sup, _sig("a", "transient"))),
    )
    t.p("bad_option", await _refused(lambda: _start(auto_shutdown="maybe")))
    await Supervisor.stop(sup)
    await t.flush()
    await _nested()


async def _any() -> None:
    mode = "any_significant"
    sup = await _start(
        *(_sig("a", "transient"), spec("b"), _sig("c", "transient")), auto_shutdown=mode
    )
    await crash(sup, "a", "normal")
    t.p("any", await _out(sup))
    sup = await _start(_sig("a", "transient"), spec("b"), auto_shutdown=mode)
    await crash(sup, "a", "boom")
    t.p("any_crash", await _out(sup))
    await Supervisor.stop(sup)
    await t.flush()
    sup = await _start(_sig("a", "temporary"), spec("b"), auto_shutdown=mode)
    await crash(sup, "a", "boom")
    t.p("any_tmp_crash", await _out(sup))
    sup = await _start(spec("x", restart="temporary"), _sig("a", "temporary"), auto_shutdown=mode)
    await crash(sup, "x", "normal")
    t.p("any_nonsig", await _out(sup))
    await Supervisor.terminate_child(sup, "a")
    t.p("any_terminate_child", ("ok", await _out(sup)))
    await Supervisor.stop(sup)
    await t.flush()


async def _all() -> None:
    sup = await _start(
        *(_sig("a", "transient"), spec("b"), _sig("c", "temporary")),
        auto_shutdown="all_significant",
    )
    await crash(sup, "a", "normal")
    t.p("all_first", await _out(sup))
    await crash(sup, "c", "normal")
    t.p("all_last", await _out(sup))


async def _nested() -> None:
    for restart in ("permanent", "transient", "temporary"):
        inner = Supervisor.child_spec(
            [_sig("x", "temporary")],
            id="inner",
            restart=restart,
            auto_shutdown="any_significant",
        )
        sup = await _start(inner)
        await crash(await pid_of(sup, "inner"), "x", "normal")
        await t.settle()
        t.p(f"nested {restart}", (await t.flush(), await ids(sup)))
        await Supervisor.stop(sup)
        await t.flush()
