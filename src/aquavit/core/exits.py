"""Why things end: the exception that ends a process, and the errors of this layer.

    BaseException
      ProcessExit            ends the current process with a reason
    Exception
      ProcessError           everything below; each carries its facts as attributes
        NoProcess            LookupError     no such process or name
        NotInProcess         RuntimeError    called where there is no process
        CallError                            a call got no reply; `reason` says why
          CallTimeout        TimeoutError    not in time
          ServerExit                         the server ended before it replied

Erlang: exit/1, noproc.
"""

from __future__ import annotations

import asyncio
import contextlib
import reprlib
from typing import Any

__all__ = [
    "CallError",
    "CallTimeout",
    "MailboxFull",
    "NoProcess",
    "NotInProcess",
    "ProcessError",
    "ProcessExit",
    "ServerExit",
    "brief",
    "worded",
]

_brief = reprlib.Repr()
_brief.maxstring = _brief.maxother = _brief.maxlong = 80


def brief(value: object) -> str:
    """Return `repr(value)`, cut at 80 characters, for error messages."""
    text = _brief.repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def worded(reason: object) -> str:
    """Return an exit reason for error messages: of an exception its text, with its hints."""
    if isinstance(reason, BaseException):
        name = type(reason).__name__
        with contextlib.suppress(Exception):
            return f"{name}: {reason}".removesuffix(": ")
        return f"{name}, whose str fails"
    return brief(reason)


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
        return f"exited with reason {worded(self.reason)}"


class ExitSignal(ProcessExit, asyncio.CancelledError):
    """The ProcessExit of an exit signal that hits a process in asyncio's own code.

    That code cleans up when it is cancelled, and only then: a lock passes itself on, a
    task group ends its tasks.
    """


class ProcessError(Exception):
    """The base of the errors that this package raises about processes."""


class NoProcess(ProcessError, LookupError):
    """Raised when a name or a Pid leads to no living process.

    `server` is what was asked for; `request` is what it was asked, if it was a call.

    Elixir: ArgumentError (send), exit with :noproc (GenServer.call).
    """

    reason = "noproc"

    def __init__(self, server: object, hint: str = "", request: object = None) -> None:
        super().__init__(server, hint, request)
        self.server = server
        self.hint = hint
        self.request = request

    def __str__(self) -> str:
        text = f"no process: {brief(self.server)} is not alive or not registered"
        if self.request is not None:
            text += f", call of {brief(self.request)}"
        return f"{text}\n{self.hint}" if self.hint else text


class MailboxFull(ProcessError):
    """Raised by `send` when the mailbox of the receiver is full, and says "wait".

    Elixir: none.
    """

    def __init__(self, pid: object, max_messages: int) -> None:
        super().__init__(pid, max_messages)
        self.pid: Any = pid
        self.max_messages = max_messages

    def __str__(self) -> str:
        return (
            f"the mailbox of {self.pid!r} is full, with {self.max_messages} messages"
            f"\nuse `await send_wait(pid, message)`, which waits for room"
        )


class NotInProcess(ProcessError, RuntimeError):
    """Raised by a call that needs a current process when there is none."""


class CallError(ProcessError):
    """Raised by a call that got no reply.

    `server` is whom it asked, `request` what, and `reason` says why, as data.

    Elixir: exit with {reason, {GenServer, :call, [server, request, timeout]}}.
    """

    def __init__(self, server: object, request: object, reason: object) -> None:
        super().__init__(server, request, reason)
        self.server = server
        self.request = request
        self.reason = reason

    def __str__(self) -> str:
        why = "a process cannot call itself" if self.reason == "calling_self" else self.why()
        return f"call of {brief(self.request)} to {brief(self.server)} failed: {why}"

    def why(self) -> str:
        """Return the reason in words."""
        return worded(self.reason)


class CallTimeout(CallError, TimeoutError):
    """Raised by a call that got no reply in time; the server goes on.

    `timeout` is how many seconds it waited. A reply that comes later is dropped.

    Elixir: exit with {:timeout, {GenServer, :call, [server, request, timeout]}}.
    """

    def __init__(self, server: object, request: object, timeout: float) -> None:
        super().__init__(server, request, "timeout")
        self.args = (server, request, timeout)
        self.timeout = timeout

    def why(self) -> str:
        """Return the reason in words."""
        return f"no reply within {self.timeout} s"


class ServerExit(CallError):
    """Raised by a call whose server ended before it replied; `reason` is its exit reason.

    Elixir: exit with {reason, {GenServer, :call, [server, request, timeout]}}.
    """

    def why(self) -> str:
        """Return the reason in words."""
        return f"the server exited with reason {worded(self.reason)}"


def reason_of(error: BaseException) -> object:
    """Return the exit reason that an exception stands for."""
    if isinstance(error, ProcessExit):
        return error.reason
    if isinstance(error, BaseExceptionGroup):
        # A TaskGroup wraps what its body raised.
        try:
            matched, rest = error.split(ProcessExit)
        except BaseException:  # a class of the user's cannot, or it is nested too deeply
            return error
        if matched is not None and rest is None:
            return reason_of(matched.exceptions[0])
    return error
