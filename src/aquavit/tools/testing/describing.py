"""A process in words, for the text of a failure."""

from __future__ import annotations

from typing import Any

from aquavit.core.ids import Pid
from aquavit.process import process_info as info_of
from aquavit.process.inspection import ProcessInfo, current_stack
from aquavit.process.wording import shown, stack_lines

__all__ = ["process_lines"]

#: Messages of a mailbox that are shown.
_SHOWN = 5


def process_lines(pid: Pid[Any], who: str = "", more: str = "") -> list[str]:
    """Return a line about a living process, and one about where it is.

    Args:
        pid: the process; of one that is dead there is nothing to say.
        who: its part in the test; without it, what it runs is told.
        more: put at the end of the first line.

    Example:
        >>> async def main():
        ...     pid = spawn(sleep, None, name="idle")
        ...     send(pid, "hello")
        ...     await sleep(0)
        ...     print("\\n".join(process_lines(pid)))
        >>> run(main)  # doctest: +ELLIPSIS
        #PID<...> ("idle"), running aquavit.process.messages.sleep, waiting; mailbox: 'hello'
    """
    found = info_of(pid)
    if found is None:
        return []
    name = f' ("{found.name}")' if found.name is not None else ""
    part = f" ({who})" if who else f"{name}{_label(found)}, running {_running(found)}"
    return [
        f"{pid!r}{part}, {found.status}{_mailbox(found)}{more}",
        *stack_lines(current_stack(pid))[:1],
    ]


def _label(found: ProcessInfo) -> str:
    return "" if found.label is None else f", labelled {shown(found.label)}"


def _running(found: ProcessInfo) -> str:
    """Return the behaviour that a process is, or the function that it was spawned with."""
    behaviour = found.dictionary.get("$initial_call")
    name = getattr(behaviour, "__qualname__", None)
    return found.initial_call if name is None else f"{behaviour.__module__}.{name}"


def _mailbox(found: ProcessInfo) -> str:
    if not found.messages:
        return ""
    left_out = len(found.messages) - _SHOWN
    rest = f" and {left_out} more" if left_out > 0 else ""
    return f"; mailbox: {', '.join(map(shown, found.messages[:_SHOWN]))}{rest}"
