"""The master of a running application: starts its tree, stops it, and sees it end.

A master registered as "shop.application" says that the application "shop" runs; any other
process with such a name says nothing.

Erlang: application_master, application_controller.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from types import CoroutineType
from typing import Any

from aquavit.core import loops
from aquavit.core.exits import NoProcess, ProcessExit, ServerExit, brief, worded
from aquavit.core.ids import Pid
from aquavit.core.reporting import LOGGER, report_of
from aquavit.core.signals import Exit
from aquavit.otp import gen
from aquavit.otp.gen_server import GenServer
from aquavit.otp.results import Stop
from aquavit.otp.supervision import SupervisorSpec
from aquavit.otp.supervisor import Supervisor
from aquavit.process import exit, link, receive, spawn, trap_exit
from aquavit.process.report_rate import write_report
from aquavit.process.wording import exit_lines

__all__ = ["ApplicationMaster", "master_of", "running", "runs", "stop_all"]

_ENDING = ".application"


class ApplicationMaster(GenServer):
    """Runs one application."""

    async def init(self, cls: type, type: str, args: tuple[Any, ...]) -> None:
        """Start the tree."""
        trap_exit(True)
        self.top: Pid[Any] | None = None
        self.fatal = False
        self.type = type
        self.name: str = cls.name  # type: ignore[attr-defined]
        self.application: Any = cls()
        try:
            self.top = await _top(await _awaited(self.application.init(*args)))
        except Exception as error:
            _log(logging.WARNING, self.name, f"{cls.__qualname__}.init failed: {worded(error)}")
            raise

    def handle_call(self, request: Any, from_: Any) -> None:
        """Reply: by then the application has started."""

    def handle_info(self, message: Any) -> Stop | None:
        """End with the tree."""
        if type(message) is not Exit or message.pid != self.top:
            return None
        self.top = None
        self.fatal = self.type == "permanent" or (
            self.type == "transient" and message.reason != "normal"
        )
        if self.fatal:
            spawn(_end_program)
        return Stop(("shutdown", ("exited", message.reason)))

    async def terminate(self, reason: Any) -> None:
        """Stop the tree, between what the application wants to do before and after."""
        exited: Any = "stopped"
        match reason:
            case ("shutdown", ("exited", why)):
                exited = why
        try:
            await self.tidy_up("prep_stop")
            if self.top is not None:
                exit(self.top, "shutdown")
                await receive(Exit(self.top, ...))
            await self.tidy_up("terminate")
        finally:
            expected = not self.fatal and exited in ("stopped", "normal", "shutdown")
            _log(logging.INFO if expected else logging.WARNING, self.name, worded(exited))

    async def tidy_up(self, callback: str) -> None:
        """Call a callback of the application; what it raises is logged, and no more."""
        try:
            await _awaited(getattr(self.application, callback)())
        except (GeneratorExit, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            if loops.here("Application").exiting:
                raise  # it is the master that is to end
            _report(self.name, callback, error.reason if isinstance(error, ProcessExit) else error)


async def _awaited(made: Any) -> Any:
    return await made if type(made) is CoroutineType else made


async def _top(made: Any) -> Pid[Any] | None:
    """Return the top of the tree that `init` has started or described."""
    if made is None:
        return None
    if type(made) is Pid:
        link(made)
        return made
    if not isinstance(made, SupervisorSpec):
        raise TypeError(
            "Application.init: expected Supervisor.spec(...), the Pid of a supervisor or None,"
            f" got {brief(made)}"
        )
    return await Supervisor.start_link(
        made.children,
        strategy=made.strategy,
        max_restarts=made.max_restarts,
        max_seconds=made.max_seconds,
        auto_shutdown=made.auto_shutdown,
    )


def _log(level: int, name: str, words: str) -> None:
    with report_of(f"Application {name} exited"):
        LOGGER.log(level, "Application %s exited: %s", name, words, extra={"application": name})


def _report(name: str, callback: str, reason: object) -> None:
    what = f"Application {name}: {callback} failed"
    with report_of(what):
        first, *rest = exit_lines(reason)
        text = [what, f"** (exit) {first}", *rest]
        write_report("\n".join(text), {"application": name, "exit_reason": reason})


async def _end_program() -> None:
    """Stop all applications, then the program: one that it cannot do without has ended."""
    await stop_all()
    raise SystemExit(1)


def running() -> list[str]:
    """Return the names of the applications that run, in the order of their start."""
    holders = loops.the_runtime("Application").names.holders
    masters = [
        (process.pid, name)
        for name, process in holders.items()
        if name.endswith(_ENDING) and _is_master(process)
    ]
    return [name.removesuffix(_ENDING) for _, name in sorted(masters)]


def runs(name: str) -> bool:
    """Tell whether an application has a master, which may be starting it still."""
    holders = loops.the_runtime("Application").names.holders
    return _is_master(holders.get(master_of(name)))


def _is_master(process: Any) -> bool:
    """Tell a master from what only has such a name."""
    if process is None or process.rare is None:
        return False
    return (process.rare.dictionary or {}).get("$initial_call") is ApplicationMaster


def master_of(name: str) -> str:
    """Return the registered name of an application's master."""
    return f"{name}{_ENDING}"


async def stop_all() -> None:
    """Stop all applications, the last started first."""
    for name in reversed(running()):
        with suppress(NoProcess, ServerExit):  # it may end by itself meanwhile
            await gen.stop(master_of(name), "shutdown")
