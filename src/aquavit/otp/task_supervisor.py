"""Task.Supervisor: runs tasks as children of its own.

Elixir: Task.Supervisor.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from typing import Any, TypeVar, TypeVarTuple, Unpack, overload

from aquavit.core import loops
from aquavit.core.ids import Pid
from aquavit.otp import task_process
from aquavit.otp.child_spec import ChildSpec
from aquavit.otp.dynamic_supervisor import DynamicSupervisor
from aquavit.otp.methods import Server
from aquavit.otp.supervising import ask
from aquavit.otp.task import Task, new_job, new_task
from aquavit.otp.task_process import Job
from aquavit.otp.task_stream import StreamOptions, TaskStream

__all__ = ["TaskSupervisor"]

T = TypeVar("T")
Item = TypeVar("Item")
A = TypeVarTuple("A")
_Items = Iterable[Item] | AsyncIterable[Item]


class TaskSupervisor(DynamicSupervisor):
    """A supervisor of tasks; they end with it, and the program waits for them to end.

    It is `Task.Supervisor`. `start_link`, `child_spec` and the functions on children are
    those of DynamicSupervisor.

    Example:
        >>> async def main():
        ...     sup = await Task.Supervisor.start_link()
        ...     task = await Task.Supervisor.async_nolink(sup, lambda: 1 / 0)
        ...     return type((await task.yield_()).reason)
        >>> run(main)  # and the crash is reported on the log
        <class 'ZeroDivisionError'>

    Elixir: Task.Supervisor.
    """

    __slots__ = ()

    @overload
    @staticmethod
    async def async_(
        supervisor: Server, fn: Callable[[*A], Awaitable[T]], *args: *A, shutdown: Any = 5.0
    ) -> Task[T]: ...
    @overload
    @staticmethod
    async def async_(
        supervisor: Server, fn: Callable[[*A], T], *args: *A, shutdown: Any = 5.0
    ) -> Task[T]: ...
    @staticmethod
    async def async_(
        supervisor: Server, fn: Callable[[*A], Any], *args: *A, shutdown: Any = 5.0
    ) -> Task[Any]:
        """Start `fn(*args)` under `supervisor`, linked to the caller, who may await it.

        Args:
            supervisor: a Pid, a name, `(name, node)` or a Via.
            fn: an `async def` function or a plain function.
            args: its arguments, copied as for `spawn`.
            shutdown: seconds that the task gets when the supervisor stops; None for as
                long as it takes, "brutal_kill" to kill it.

        Returns:
            The task.

        Raises:
            StartError: there are `max_children` already; its `reason` is "max_children".
            NoProcess: there is no such supervisor.
            TypeError: `fn` is no function, or an argument cannot be copied.

        Example:
            >>> async def main():
            ...     sup = await Task.Supervisor.start_link()
            ...     return await (await Task.Supervisor.async_(sup, abs, -1))
            >>> run(main)
            1

        Elixir: Task.Supervisor.async/3.
        """
        return await _start(supervisor, fn, args, shutdown, True, "Task.Supervisor.async_")

    @overload
    @staticmethod
    async def async_nolink(
        supervisor: Server, fn: Callable[[*A], Awaitable[T]], *args: *A, shutdown: Any = 5.0
    ) -> Task[T]: ...
    @overload
    @staticmethod
    async def async_nolink(
        supervisor: Server, fn: Callable[[*A], T], *args: *A, shutdown: Any = 5.0
    ) -> Task[T]: ...
    @staticmethod
    async def async_nolink(
        supervisor: Server, fn: Callable[[*A], Any], *args: *A, shutdown: Any = 5.0
    ) -> Task[Any]:
        """Start `fn(*args)` under `supervisor`, without a link to the caller, who may await it.

        A failure of the task does no harm to the caller, nor the caller's to the task.

        Args, returns and raises as `async_`.

        Example:
            >>> async def main():
            ...     sup = await Task.Supervisor.start_link()
            ...     return await (await Task.Supervisor.async_nolink(sup, abs, -1)).yield_()
            >>> run(main)
            Ok(value=1)

        Elixir: Task.Supervisor.async_nolink/3.
        """
        return await _start(supervisor, fn, args, shutdown, False, "Task.Supervisor.async_nolink")

    @staticmethod
    async def start_child(  # pyright: ignore[reportIncompatibleMethodOverride]
        supervisor: Server,
        fn: Callable[[*A], object],
        *args: *A,
        restart: str = "temporary",
        shutdown: Any = 5.0,
    ) -> Pid[Any]:
        """Start `fn(*args)` under `supervisor`, for nobody to wait for.

        Args:
            supervisor: a Pid, a name, `(name, node)` or a Via.
            fn: an `async def` function or a plain function.
            args: its arguments, copied as for `spawn`.
            restart: "temporary", "transient" or "permanent".
            shutdown: as for `async_`.

        Returns:
            The Pid of the task.

        Raises:
            StartError, NoProcess, TypeError: as `async_`.

        Example:
            >>> async def main():
            ...     sup, parent = await Task.Supervisor.start_link(), self()
            ...     await Task.Supervisor.start_child(sup, send, parent, "hello")
            ...     return await receive()
            >>> run(main)
            'hello'

        Elixir: Task.Supervisor.start_child/3.
        """
        caller = loops.here("Task.Supervisor.start_child")
        fn = task_process.checked(fn, "Task.Supervisor.start_child")
        start = (task_process.start_child, fn, args, task_process.callers(caller))
        spec = ChildSpec("task", start, restart=restart, shutdown=shutdown)
        return await ask(supervisor, ("start_child", spec))  # type: ignore[no-any-return]

    @staticmethod
    async def children(supervisor: Server) -> list[Pid[Any]]:
        """Return the Pids of the tasks that run.

        Args:
            supervisor: a Pid, a name, `(name, node)` or a Via.

        Example:
            >>> async def main():
            ...     sup = await Task.Supervisor.start_link()
            ...     pid = await Task.Supervisor.start_child(sup, sleep, None)
            ...     return await Task.Supervisor.children(sup) == [pid]
            >>> run(main)
            True

        Elixir: Task.Supervisor.children/1.
        """
        rows = await TaskSupervisor.which_children(supervisor)
        return [row.pid for row in rows if isinstance(row.pid, Pid)]

    @overload
    @staticmethod
    def stream(
        supervisor: Server,
        fn: Callable[[Item], Awaitable[T]],
        items: _Items[Item],
        **options: Unpack[StreamOptions],
    ) -> TaskStream[T]: ...
    @overload
    @staticmethod
    def stream(
        supervisor: Server,
        fn: Callable[[Item], T],
        items: _Items[Item],
        **options: Unpack[StreamOptions],
    ) -> TaskStream[T]: ...
    @staticmethod
    def stream(
        supervisor: Server, fn: Callable[[Any], Any], items: _Items[Any], **options: Any
    ) -> TaskStream[Any]:
        """As `Task.stream`, with tasks that are children of `supervisor`.

        Args:
            supervisor: a Pid, a name, `(name, node)` or a Via.
            fn, items, options: as for `Task.stream`.

        Example:
            >>> async def main():
            ...     sup = await Task.Supervisor.start_link()
            ...     return [outcome async for outcome in Task.Supervisor.stream(sup, abs, [-1])]
            >>> run(main)
            [Ok(value=1)]

        Elixir: Task.Supervisor.async_stream/4.
        """
        return TaskStream(_Begin(supervisor), True, fn, items, **options)

    @overload
    @staticmethod
    def stream_nolink(
        supervisor: Server,
        fn: Callable[[Item], Awaitable[T]],
        items: _Items[Item],
        **options: Unpack[StreamOptions],
    ) -> TaskStream[T]: ...
    @overload
    @staticmethod
    def stream_nolink(
        supervisor: Server,
        fn: Callable[[Item], T],
        items: _Items[Item],
        **options: Unpack[StreamOptions],
    ) -> TaskStream[T]: ...
    @staticmethod
    def stream_nolink(
        supervisor: Server, fn: Callable[[Any], Any], items: _Items[Any], **options: Any
    ) -> TaskStream[Any]:
        """As `stream`, without links: a task that fails gives `Exited(reason)`.

        Args as `stream`. Whatever ends the caller in the loop ends the tasks as well.

        Example:
            >>> async def main():
            ...     sup = await Task.Supervisor.start_link()
            ...     stream = Task.Supervisor.stream_nolink(sup, lambda n: 1 / n, [1, 0])
            ...     return [type(outcome).__name__ async for outcome in stream]
            >>> run(main)  # and the crash is reported on the log
            ['Ok', 'Exited']

        Elixir: Task.Supervisor.async_stream_nolink/4.
        """
        return TaskStream(_Begin(supervisor), False, fn, items, **options)


class _Begin:
    """Starts tasks under `supervisor`, with the time that they get to stop."""

    def __init__(self, supervisor: Server, shutdown: Any = 5.0) -> None:
        self.supervisor = supervisor
        self.shutdown = shutdown

    async def __call__(self, job: Job) -> Pid[Any]:
        """Ask for the task of `job`."""
        spec = ChildSpec(
            "task", (task_process.begin_child, job), restart="temporary", shutdown=self.shutdown
        )
        return await ask(self.supervisor, ("start_child", spec))  # type: ignore[no-any-return]


async def _start(
    supervisor: Server, fn: Any, args: tuple[Any, ...], shutdown: Any, linked: bool, caller: str
) -> Task[Any]:
    owner = loops.here(caller)
    job = new_job(owner, fn, args, linked, caller)
    try:
        return new_task(job, await _Begin(supervisor, shutdown)(job))
    except BaseException:
        task_process.abandon(owner, job.ref)
        raise


Task.Supervisor = TaskSupervisor
