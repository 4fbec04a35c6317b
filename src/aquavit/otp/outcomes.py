"""What has become of a task, as data and as errors.

    Ok(value)         it has returned
    Exited(reason)    it has ended without a result
    None              neither, so far

    TaskError         raised by those who need a result; `reason` says why there is none
      TaskTimeout     not in time
      TaskExit        the task ended before it had one

Elixir: {:ok, value}, {:exit, reason} and nil of Task.yield/2.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from aquavit.core.exits import ProcessError, brief, worded
from aquavit.core.records import record

__all__ = ["Exited", "Ok", "TaskError", "TaskExit", "TaskTimeout"]

T_co = TypeVar("T_co", covariant=True)


@record
class Ok(Generic[T_co]):
    """The task has returned `value`.

    Elixir: {:ok, value}.
    """

    value: T_co


@record
class Exited:
    """The task has ended with `reason`, and without a result.

    Elixir: {:exit, reason}.
    """

    reason: Any


class TaskError(ProcessError):
    """Raised by those who wait for a task that gives no result.

    `task` is the task (a list of them for `Task.await_many`), `reason` why, as data.

    Elixir: exit with {reason, {Task, :await, [task, timeout]}}.
    """

    def __init__(self, task: Any, reason: Any) -> None:
        super().__init__(task, reason)
        self.task = task
        self.reason = reason

    def __str__(self) -> str:
        return f"{brief(self.task)} {self.why()}"

    def why(self) -> str:
        """Return the reason in words."""
        return worded(self.reason)


class TaskTimeout(TaskError, TimeoutError):
    """Raised when a task has no result in time; the task goes on.

    `timeout` is how many seconds the wait took. `known` tells of one whose result, or end,
    had been taken before.

    Elixir: exit with {:timeout, {Task, :await, [task, timeout]}}.
    """

    def __init__(self, task: Any, timeout: float | None, known: bool = False) -> None:
        super().__init__(task, "timeout")
        self.args = (task, timeout, known)
        self.timeout = timeout
        self.known = known

    def why(self) -> str:
        """Return the reason in words."""
        hint = "\nit has been awaited before, and can be once" if self.known else ""
        return f"gave no result within {self.timeout} s{hint}"


class TaskExit(TaskError):
    """Raised when a task has ended without a result; `reason` is its exit reason.

    An exception that the task raised is the `__cause__`.

    Elixir: exit with {reason, {Task, :await, [task, timeout]}}.
    """

    def __init__(self, task: Any, reason: Any) -> None:
        super().__init__(task, reason)
        if isinstance(reason, BaseException):
            self.__cause__ = reason

    def why(self) -> str:
        """Return the reason in words."""
        return f"exited with reason {worded(self.reason)}"
