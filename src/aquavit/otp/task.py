"""Tasks: processes that run one function and end.

Elixir: Task.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aquavit.core import calls
from aquavit.core.ids import Pid
from aquavit.process import self, spawn_link

__all__ = ["Task"]


class Task:
    """A process that runs one function; its crash report names function and arguments.

    Elixir: Task.
    """

    @staticmethod
    def start(fn: Callable[..., Any], *args: Any) -> Pid[Any]:
        """Start `fn(*args)` as a task, without a link.

        Args:
            fn: an `async def` function or a plain function.
            args: its arguments, copied as for `spawn`.

        Returns:
            The Pid of the task.

        Example:
            >>> async def main():
            ...     parent = self()
            ...     Task.start(lambda: send(parent, "done"))
            ...     return await receive()
            >>> run(main)
            'done'

        Elixir: Task.start/1.
        """
        return _as_task(calls.start(fn, args, None, "Task.start").pid, args)

    @staticmethod
    def start_link(fn: Callable[..., Any], *args: Any) -> Pid[Any]:
        """Start `fn(*args)` as a task that is linked to the caller.

        Args:
            fn: an `async def` function or a plain function.
            args: its arguments, copied as for `spawn`.

        Returns:
            The Pid of the task.

        Example:
            >>> async def main():
            ...     pid = Task.start_link(sleep, None)
            ...     return process_info(pid).dictionary["$ancestors"] == [self()]
            >>> run(main)
            True

        Elixir: Task.start_link/1.
        """
        return _as_task(spawn_link(fn, *args), args)


def _as_task(pid: Pid[Any], args: tuple[Any, ...]) -> Pid[Any]:
    rare: Any = pid.process.extras()
    rare.report = {"kind": "task", "args": args}
    rare.dictionary = {"$ancestors": [self()], "$callers": [self()]}
    return pid
