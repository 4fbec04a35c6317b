"""What supervisors report, in the words of Elixir's logger.

Elixir: Logger.Translator, for reports of supervisors.
"""

from __future__ import annotations

import logging
from typing import Any

from aquavit.core.ids import Pid
from aquavit.core.reporting import LOGGER, report_of
from aquavit.otp.child_spec import FORGOTTEN, ChildSpec
from aquavit.otp.reports import told
from aquavit.process.report_rate import write_report
from aquavit.process.wording import exit_lines

__all__ = ["report_child", "report_unexpected"]

TERMINATED = "terminated"
FAILED_TO_START = "failed to start"
SHUT_DOWN_ABNORMALLY = "shut down abnormally"
CAUSED_SHUTDOWN = "caused shutdown"


def report_child(
    supervisor: str, what: str, reason: object, spec: ChildSpec, pid: object = None
) -> None:
    """Log what has happened to a child.

    Args:
        supervisor: its supervisor, as `shown` gives it.
        what: one of the constants of this module.
        reason: why.
        spec: of the child.
        pid: its Pid, for one that has been running.
    """
    if not LOGGER.isEnabledFor(logging.ERROR):
        return
    with report_of(f"A child of Supervisor {supervisor} {what}"):
        fn, *args = spec.start
        has_run = type(pid) is Pid and what in (TERMINATED, SHUT_DOWN_ABNORMALLY)
        text = [
            f"Child {told(spec.id)} of Supervisor {supervisor} {what}",
            "\n".join(_exit(reason)),
            *([f"Pid: {pid!r}"] if has_run else []),
            f"Start Call: {_called(fn, args, spec.kwargs)}",
            f"Restart: {spec.restart!r}",
            f"Shutdown: {spec.shutdown!r}",
            f"Type: {spec.type!r}",
        ]
        facts = {
            "supervisor": supervisor,
            "child": spec.id,
            "pid": pid if has_run else None,
            "event": what,
            "exit_reason": reason,
        }
        write_report("\n".join(text), facts)


def report_unexpected(message: object) -> None:
    """Log a message that a supervisor has no use for."""
    what = "Supervisor received unexpected message"
    with report_of(what):
        LOGGER.error("%s: %s", what, told(message))


def shown(module: type, name: object, pid: Pid[Any]) -> str:
    """Return how reports call a supervisor: by its name, or its Pid and class."""
    return f"{pid!r} ({module.__qualname__})" if name is None else str(name)


def _exit(reason: object) -> list[str]:
    first, *rest = exit_lines(reason)
    return [f"** (exit) {first}", *rest]


def _called(fn: Any, args: list[Any], kwargs: tuple[tuple[str, Any], ...]) -> str:
    owner = getattr(fn, "__self__", None)
    name = getattr(fn, "__qualname__", None) or told(fn)
    if isinstance(owner, type):  # an inherited start_link shows whose it is
        name = f"{owner.__qualname__}.{fn.__name__}"
    if args == [FORGOTTEN]:
        return f"{name}/?"
    given = [told(each) for each in args] + [f"{key}={told(value)}" for key, value in kwargs]
    return f"{name}({', '.join(given)})"
