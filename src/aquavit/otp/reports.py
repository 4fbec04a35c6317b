"""The words of behaviours' reports, as Elixir's logger prints them.

Elixir: Logger.Translator.
"""

from __future__ import annotations

import reprlib
from typing import Any

from aquavit.core import calls
from aquavit.core.reporting import ENDS, LOGGER, report_of
from aquavit.core.signals import Call, System
from aquavit.process import is_alive
from aquavit.process.inspection import current_stack
from aquavit.process.report_rate import write_report
from aquavit.process.wording import stack_lines

__all__ = ["LOGGER", "log_unexpected", "machine_facts", "server_facts", "set_report_limit", "told"]


class _Limit:
    """How long a message or a state may be in a report."""

    def __init__(self) -> None:
        self.characters = 8192

    def cut(self, value: object) -> str:
        try:
            text = _whole.repr(value)
        except ENDS:
            raise
        except BaseException:
            return f"<{type(value).__name__} whose repr fails>"
        if len(text) <= self.characters:
            return text
        return f"{text[: self.characters]}... ({len(text)} characters)"


class _Whole(reprlib.Repr):
    """`repr`, but with an end to recursion and to very long collections."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 20
        self.maxtuple = self.maxlist = self.maxdict = self.maxset = 1000
        self.maxfrozenset = self.maxdeque = self.maxarray = 1000
        self.maxstring = self.maxlong = self.maxother = 1_000_000


_whole = _Whole()
LIMIT = _Limit()


def set_report_limit(characters: int) -> None:
    """Set how many characters of a message or a state a crash report shows.

    Args:
        characters: 8192 at first.

    Raises:
        ValueError: it is not a positive number.

    Example:
        >>> set_report_limit(8192)

    Elixir: the :truncate option of Logger.
    """
    if isinstance(characters, bool) or not isinstance(characters, int) or characters < 1:
        raise ValueError(f"set_report_limit: expected a number above 0, got {characters!r}")
    LIMIT.characters = characters


def told(value: object) -> str:
    """Return a message or a state as a report shows it."""
    return LIMIT.cut(value)


def server_facts(loop: Any) -> dict[str, Any]:
    """Return what the crash report of a server says besides the error."""
    message = loop.message
    notes = []
    client = None
    if isinstance(message, Call):
        client = message.from_.pid
        notes.append(f"Last message (from {_name_of(client)}): {told(message.request)}")
    elif message is not None and not isinstance(message, System):
        notes.append(f"Last message: {told(message)}")
    notes.append(_state_of(loop))
    return _facts(loop, notes, client)


def machine_facts(loop: Any, events: dict[str, Any]) -> dict[str, Any]:
    """Return what the crash report of a state machine says besides the error."""
    notes = [f"{name}: {told(value)}" for name, value in events.items()]
    notes.append(_state_of(loop))
    return _facts(loop, notes, None if loop.from_ is None else loop.from_.pid)


def _state_of(loop: Any) -> str:
    try:
        state = loop.module.format_status("terminate", loop.module.get_state())
    except ENDS:
        raise
    except BaseException as error:
        return f"State: {format_status_failed(error)}"
    return f"State: {told(state)}"


def format_status_failed(error: BaseException) -> str:
    """Return what stands in place of a state that could not be shaped."""
    return f"format_status failed: {told(error)}"


def _facts(loop: Any, notes: list[str], client: Any) -> dict[str, Any]:
    if client is not None:
        alive = "alive" if is_alive(client) else "dead"
        notes.append(f"Client {_name_of(client)} is {alive}")
        frames = stack_lines(current_stack(client))
        if frames:
            notes += ["", *frames]
    title = f"{loop.kind} {loop.shown()} terminating"
    return {"kind": "server", "title": title, "notes": tuple(notes)}


def _name_of(pid: Any) -> str:
    process = pid.process
    name = None if process is None or process.rare is None else process.rare.name
    return repr(pid) if name is None else repr(name)


def log_unexpected(module: str, server: str, message: Any) -> None:
    """Log a message that a server has no use for."""
    facts = {"pid": calls.self()}
    what = f"{module} {server} received unexpected message"
    with report_of(what):
        write_report(f"{what} in handle_info: {told(message)}", facts)
