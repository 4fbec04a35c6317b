"""Tasks: processes that run one function, for whoever waits for the result.

Elixir: Task.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Generator, Iterable
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    Literal,
    TypeVar,
    TypeVarTuple,
    Unpack,
    overload,
)

from aquavit.core import isolation, loops
from aquavit.core.ids import Pid, Ref
from aquavit.core.records import record
from aquavit.core.requests import DEFAULT_TIMEOUT
from aquavit.otp import task_process, task_waits
from aquavit.otp.child_spec import ChildSpec
from aquavit.otp.outcomes import Exited, Ok
from aquavit.otp.task_process import Job
from aquavit.otp.task_stream import StreamOptions, TaskStream
from aquavit.process import make_ref, self, send
from aquavit.process.links import ref_of_monitor

if TYPE_CHECKING:
    from aquavit.otp.task_supervisor import TaskSupervisor

__all__ = ["Task"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Item = TypeVar("Item")
A = TypeVarTuple("A")
_Items = Iterable[Item] | AsyncIterable[Item]


@record
class Task(Generic[T_co]):
    """A process that runs one function; its owner may await the result.

    The owner is the process that has started it. If it does not trap exits and the task
    fails, it fails too: the two are linked. `Task.Supervisor.async_nolink` makes a task
    whose failure its owner may look at.

    Args:
        function: the name of the function.
        owner: who may wait for the result.
        pid: of the task; None for `Task.completed`.
        ref: of the monitor, and the tag of the result.

    Example:
        >>> async def main():
        ...     task = Task.async_(lambda: 1 + 1)
        ...     return await task
        >>> run(main)
        2

    Elixir: Task.
    """

    function: str
    owner: Pid[Any]
    pid: Pid[Any] | None
    ref: Ref

    #: Starts tasks as children of its own.
    Supervisor: ClassVar[type[TaskSupervisor]]

    # --- starting

    @overload
    @staticmethod
    def async_(fn: Callable[[*A], Awaitable[T]], *args: *A) -> Task[T]: ...
    @overload
    @staticmethod
    def async_(fn: Callable[[*A], T], *args: *A) -> Task[T]: ...
    @staticmethod
    def async_(fn: Callable[[*A], Any], *args: *A) -> Task[Any]:
        """Start `fn(*args)` in a process that is linked to the caller, its owner.

        When it has returned the owner is sent `(task.ref, result)`, which `await` takes.

        Args:
            fn: an `async def` function or a plain function.
            args: its arguments, copied as for `spawn`.

        Returns:
            The task: `await` it, or use its methods.

        Raises:
            TypeError: `fn` is no function, or an argument cannot be copied.

        Example:
            >>> async def double(n):
            ...     return 2 * n
            >>> async def main():
            ...     tasks = [Task.async_(double, n) for n in range(3)]
            ...     return [await task for task in tasks]
            >>> run(main)
            [0, 2, 4]

        Elixir: Task.async/1.
        """
        owner = loops.here("Task.async_")
        job = new_job(owner, fn, args, True, "Task.async_")
        return new_task(job, task_process.begin(job))

    @staticmethod
    def start(fn: Callable[[*A], object], *args: *A) -> Pid[Any]:
        """Start `fn(*args)` as a task, without a link, whose result nobody waits for.

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
        return task_process.start(fn, args, False, "Task.start")

    @staticmethod
    def start_link(fn: Callable[[*A], object], *args: *A) -> Pid[Any]:
        """Start `fn(*args)` as a task that is linked to the caller, usually a supervisor.

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
        return task_process.start(fn, args, True, "Task.start_link")

    @staticmethod
    def child_spec(fn: Callable[[*A], object], *args: *A, **overrides: Any) -> ChildSpec:
        """Return how a supervisor runs `fn(*args)` as a task: once, and not again.

        Args:
            fn: an `async def` function or a plain function.
            args: its arguments.
            overrides: fields of `ChildSpec`. The id is the name of the function,
                `restart` is "temporary".

        Example:
            >>> Task.child_spec(print, "hello").id
            'print'

        Elixir: Task.child_spec/1.
        """
        fields = {"id": _name(fn), "restart": "temporary", **overrides}
        return ChildSpec(start=(Task.start_link, fn, *args), **fields)

    @staticmethod
    def completed(result: T) -> Task[T]:
        """Return a task that has its result already, and no process.

        Example:
            >>> async def main():
            ...     return await Task.completed(42)
            >>> run(main)
            42

        Elixir: Task.completed/1.
        """
        ref = make_ref()
        send(self(), (ref, result))
        return Task("completed", self(), None, ref)

    # --- the result

    def __await__(self) -> Generator[Any, Any, T_co]:
        return self.result().__await__()

    async def result(self, timeout: float | None = DEFAULT_TIMEOUT) -> T_co:
        """Wait for the result; `await task` waits for 5 s.

        Args:
            timeout: seconds; None waits for ever.

        Returns:
            What the function has returned.

        Raises:
            TaskExit: the task ended without a result. Through the link the owner ends
                then too, unless it traps exits.
            TaskTimeout: no result in time; the task goes on, and its result vanishes.
                `shutdown` stops it.
            ValueError: the caller is not the owner.

        Example:
            >>> async def main():
            ...     try:
            ...         await Task.async_(sleep, None).result(timeout=0)
            ...     except TaskTimeout as error:
            ...         return error.reason
            >>> run(main)
            'timeout'

        Elixir: Task.await/2.
        """
        found = await task_waits.answer(self, "result", timeout)
        return task_waits.result(self, found, timeout)  # type: ignore[no-any-return]

    async def yield_(self, timeout: float | None = DEFAULT_TIMEOUT) -> Ok[T_co] | Exited | None:
        """Look for the result for a while; a task without one goes on, and may be asked again.

        Args:
            timeout: seconds; None waits for ever.

        Returns:
            `Ok(value)`, `Exited(reason)`, or None if the time is over.

        Raises:
            ValueError: the caller is not the owner.

        Example:
            >>> async def main():
            ...     task = Task.async_(lambda: "ready")
            ...     return await task.yield_(1.0) or await task.shutdown()
            >>> run(main)
            Ok(value='ready')

        Elixir: Task.yield/2.
        """
        found = await task_waits.answer(self, "yield_", timeout)
        return task_waits.outcome(found)  # type: ignore[no-any-return]

    async def shutdown(
        self, timeout: float | Literal["brutal_kill"] | None = DEFAULT_TIMEOUT
    ) -> Ok[T_co] | Exited | None:
        """Unlink the task and stop it.

        Args:
            timeout: seconds that it gets to clean up before it is killed; None for as long
                as it takes; "brutal_kill" to kill it at once.

        Returns:
            `Ok(value)` if it had returned before; None if it ended because of this;
            else `Exited(reason)`: `Exited("killed")` if it ignored the request and was
            killed after `timeout`, `Exited("noproc")` if its end was known before.

        Raises:
            ValueError: the caller is not the owner, or there is no process.

        Example:
            >>> async def main():
            ...     return await Task.async_(sleep, None).shutdown()
            >>> print(run(main))
            None

        Elixir: Task.shutdown/2.
        """
        return await task_waits.shutdown(self, timeout)  # type: ignore[no-any-return]

    def ignore(self) -> Ok[T_co] | Exited | None:
        """Unlink the task and let it go on; its result vanishes.

        Returns:
            `Ok(value)` or `Exited(reason)` if it has ended already, else None.

        Raises:
            ValueError: the caller is not the owner, or there is no process.

        Example:
            >>> async def main():
            ...     Task.async_(sleep, 0).ignore()
            ...     return process_info(self()).links
            >>> run(main)
            ()

        Elixir: Task.ignore/1.
        """
        return task_waits.ignore(self)  # type: ignore[no-any-return]

    # --- many at once

    @staticmethod
    async def await_many(
        tasks: Iterable[Task[T]], timeout: float | None = DEFAULT_TIMEOUT
    ) -> list[T]:
        """Wait for the results of several tasks.

        Args:
            tasks: tasks of the caller.
            timeout: seconds for all together; None waits for ever.

        Returns:
            The results, in the order of the tasks.

        Raises:
            TaskExit: one has ended without a result; the others go on.
            TaskTimeout: not all have a result in time.
            ValueError: the caller is not the owner of one of them.

        Example:
            >>> async def main():
            ...     return await Task.await_many([Task.async_(len, word) for word in ("a", "bc")])
            >>> run(main)
            [1, 2]

        Elixir: Task.await_many/2.
        """
        return await task_waits.await_many(tasks, timeout)

    @staticmethod
    async def yield_many(
        tasks: Iterable[Task[T]],
        timeout: float | None = DEFAULT_TIMEOUT,
        *,
        limit: int | None = None,
        on_timeout: Literal["nothing", "ignore", "kill_task"] = "nothing",
    ) -> list[tuple[Task[T], Ok[T] | Exited | None]]:
        """Look for the results of several tasks for a while.

        Args:
            tasks: tasks of the caller.
            timeout: seconds for all together; None waits for ever.
            limit: return as soon as so many have ended.
            on_timeout: what happens to the others: "nothing", "ignore" them as
                `Task.ignore` does, or "kill_task".

        Returns:
            Pairs of the task and `Ok(value)`, `Exited(reason)` or None, in the order of the
            tasks.

        Raises:
            ValueError: the caller is not the owner of one of them, or an option is wrong.

        Example:
            >>> async def main():
            ...     tasks = [Task.async_(len, "four"), Task.async_(sleep, None)]
            ...     return [outcome for _, outcome in await Task.yield_many(tasks, 0.01)]
            >>> run(main)
            [Ok(value=4), None]

        Elixir: Task.yield_many/2.
        """
        return await task_waits.yield_many(tasks, timeout, limit, on_timeout)

    @overload
    @staticmethod
    def stream(
        fn: Callable[[Item], Awaitable[T]], items: _Items[Item], **options: Unpack[StreamOptions]
    ) -> TaskStream[T]: ...
    @overload
    @staticmethod
    def stream(
        fn: Callable[[Item], T], items: _Items[Item], **options: Unpack[StreamOptions]
    ) -> TaskStream[T]: ...
    @staticmethod
    def stream(
        fn: Callable[[Any], Any], items: _Items[Any], **options: Unpack[StreamOptions]
    ) -> TaskStream[Any]:
        """Call `fn(item)` for each item, each in a task, some of them at the same time.

        An item is taken only when there is room for its task: a slow consumer slows the
        source down. What remains of the tasks is killed when the loop is left early; where a
        variable keeps the stream, `aclose` does that, or `contextlib.aclosing`.

        Args:
            fn: an `async def` function or a plain function.
            items: an iterable or an async iterable, which the caller iterates.
            max_concurrency: how many tasks there may be; by default one for each core.
            ordered: give the outcomes in the order of the items, else as they come.
            timeout: seconds that each task may take; None for no limit.
            on_timeout: "exit" raises TaskTimeout, "kill_task" kills the task and gives
                `Exited("timeout")`.
            zip_input_on_exit: give `Exited((item, reason))` in place of `Exited(reason)`.

        Returns:
            An async iterator of `Ok(value)` and `Exited(reason)`. The tasks are linked to
            the caller, which fails with them, unless it traps exits.

        Raises:
            TypeError, ValueError: an argument is wrong.

        Example:
            >>> async def main():
            ...     return [outcome.value async for outcome in Task.stream(abs, [-1, 2, -3])]
            >>> run(main)
            [1, 2, 3]

        Elixir: Task.async_stream/3.
        """
        return TaskStream(task_process.begin, True, fn, items, **options)


def new_job(owner: Any, fn: Any, args: tuple[Any, ...], linked: bool, caller: str) -> Job:
    """Return the job of a task whose owner is the current process."""
    fn, args = task_process.checked(fn, caller), isolation.isolate(args, "args")
    alias = ref_of_monitor(owner, "demonitor")
    return Job(fn, args, owner.pid, task_process.callers(owner), alias, alias, linked)


def new_task(job: Job, pid: Pid[Any]) -> Task[Any]:
    """Return the task that does `job`."""
    return Task(_name(job.fn), job.owner, pid, job.ref)


def _name(fn: Any) -> str:
    return getattr(fn, "__name__", None) or type(fn).__name__
