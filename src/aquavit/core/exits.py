"""Why things end: the exception that ends a process, and the errors of this layer.

    BaseException
      ProcessExit            ends the current process with a reason
    Exception
      ProcessError           everything below; each carries its facts as attributes
        NoProcess            LookupError     no such process or name
        NotInProcess         RuntimeError    called where there is no process

Erlang: exit/1, noproc.
"""

from __future__ import annotations

import reprlib

__all__ = ["NoProcess", "NotInProcess", "ProcessError", "ProcessExit", "brief"]

_brief = reprlib.Repr()
_brief.maxstring = _brief.maxother = _brief.maxlong = 80


def brief(value: object) -> str:
    """Return `repr(value)`, cut at 80 characters, for error messages."""
    text = _brief.repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


class ProcessExit(BaseException):
    """Raise it to end the current process with `reason`.

    It is also what an exit signal raises at the point where a process waits. Like
    `asyncio.CancelledError` it is no `Exception`, so `except Exception` lets it pass.

    Elixir: exit/1.
    """

    def __init__(self, reason: object = "normal") -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"exited with reason {brief(self.reason)}"


class ProcessError(Exception):
    """The base of the errors that this package raises about processes."""


class NoProcess(ProcessError, LookupError):
    """Raised when a name or a Pid leads to no living process.

    Elixir: ArgumentError (send), :noproc (link).
    """

    reason = "noproc"

    def __init__(self, target: object, hint: str = "") -> None:
        super().__init__(target, hint)
        self.target = target
        self.hint = hint

    def __str__(self) -> str:
        text = f"no process: {brief(self.target)} is not alive or not registered"
        return f"{text}\n{self.hint}" if self.hint else text


class NotInProcess(ProcessError, RuntimeError):
    """Raised by a call that needs a current process when there is none."""
