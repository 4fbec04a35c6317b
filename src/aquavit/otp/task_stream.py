"""Task streams: one task for each item, a few at a time.

    waiting for room    an item is taken from the source when fewer than `max_concurrency`
                        tasks run or have an outcome that nobody has taken
    one alias           the results and the ends of all tasks go to it, so that the mailbox
                        is searched once, and all is dropped with it
    one timer           set for the oldest task that runs: it ends what takes too long while
                        the consumer is busy, and tells it through the alias

Elixir: Task.Supervised.stream/7.
"""

from __future__ import annotations

import math
import os
import weakref
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypedDict, TypeVar

from aquavit.core import (
    ids,
    isolation,
    loops,
    matching,
    receiving,
    relations,
    requests,
    timers,
)
from aquavit.core.exits import brief
from aquavit.core.ids import Pid, Ref
from aquavit.otp import task_process
from aquavit.otp.outcomes import Exited, Ok, TaskTimeout
from aquavit.otp.task_process import LATE, Job
from aquavit.process import kill

__all__ = ["StreamOptions", "TaskStream"]

T_co = TypeVar("T_co", covariant=True)
#: In place of an item.
_NONE: Any = object()
OnTimeout = Literal["exit", "kill_task"]


class StreamOptions(TypedDict, total=False):
    """The options of `Task.stream`."""

    max_concurrency: int | None
    ordered: bool
    timeout: float | None
    on_timeout: OnTimeout
    zip_input_on_exit: bool


@dataclass(slots=True)
class _Running:
    """A task whose outcome has not come."""

    position: int
    item: Any
    pid: Pid[Any]
    ref: Ref
    deadline: float


class TaskStream(Generic[T_co]):
    """An async iterator of the outcomes of tasks; `Task.stream` makes it.

    `begin` starts the task of a Job and returns its Pid, perhaps when awaited.

    Elixir: the stream that Task.async_stream/3 returns.
    """

    _open = False  # of the class too, for one whose arguments are refused

    def __init__(
        self,
        begin: Callable[[Job], Any],
        linked: bool,
        fn: Any,
        items: Any,
        *,
        max_concurrency: int | None = None,
        ordered: bool = True,
        timeout: float | None = requests.DEFAULT_TIMEOUT,
        on_timeout: OnTimeout = "exit",
        zip_input_on_exit: bool = False,
    ) -> None:
        task_process.checked(fn, "stream")
        self._timeout = requests.check_timeout(timeout, "stream")
        self._most = os.cpu_count() or 1 if max_concurrency is None else max_concurrency
        if type(self._most) is not int or self._most < 1:
            raise ValueError(
                "stream: expected max_concurrency to be an int of 1 or more, or None,"
                f" got {brief(max_concurrency)}"
            )
        if on_timeout not in ("exit", "kill_task"):
            raise ValueError(
                f"stream: expected on_timeout to be 'exit' or 'kill_task', got {brief(on_timeout)}"
            )
        self._awaits = hasattr(items, "__aiter__")
        if not self._awaits and not hasattr(items, "__iter__"):
            raise TypeError(f"stream: expected an iterable of items, got {brief(items)}")
        self._item: Any = _NONE  # taken from the source, and not started
        self._next_item: Any = aiter(items).__anext__ if self._awaits else iter(items).__next__
        self._begin = begin
        self._linked = linked
        self._fn = fn
        self._ordered = ordered
        self._on_timeout = on_timeout
        self._zips = zip_input_on_exit
        self._started: int = 0
        self._given: int = 0
        self._running: dict[Pid[Any], _Running] = {}
        self._outcomes: dict[int, Any] = {}
        self._owner: Any = None
        self._timer: Any = None

    def __repr__(self) -> str:
        return f"stream of {getattr(self._fn, '__name__', None) or brief(self._fn)}"

    def __aiter__(self) -> AsyncIterator[Ok[T_co] | Exited]:
        return self

    async def __anext__(self) -> Ok[T_co] | Exited:
        """Return the next outcome.

        Raises:
            TaskTimeout: a task took too long, and `on_timeout` is "exit".
            ValueError: the caller is not the process that began to iterate.
            StopAsyncIteration: there are no more.
        """
        self._check_owner()
        while True:
            await self._fill()
            position = self._next()
            if position in self._outcomes:
                self._given += 1
                return self._outcomes.pop(position)  # type: ignore[no-any-return]
            if not self._running:
                self._close()
                raise StopAsyncIteration
            await self._gather()

    async def aclose(self) -> None:
        """Kill what still runs, and end the stream.

        Elixir: halting the enumeration.
        """
        self._close()

    def __del__(self) -> None:
        self._close()

    def __reduce__(self) -> Any:
        raise TypeError("it is a stream of the process that iterates it; send the outcomes")

    def _check_owner(self) -> None:
        process: Any = loops.here("stream")
        if self._owner is None:
            self._owner = process
            self._open = True
            self._alias = ids.new_alias(process.pid)
            process.mark(self._alias.id)
            relations.add_alias(process, self._alias, relations.EXPLICIT)
            self._matcher = matching.compile_patterns(
                ((self._alias, ...), (self._alias, Ref, Pid, ...))
            )
        elif process is not self._owner:
            raise ValueError(
                "stream: expected to be iterated by the process that began with it,"
                f" {self._owner.pid!r}, got {process.pid!r}"
            )

    def _next(self) -> int:
        """Return the position of the outcome to be given next."""
        if self._ordered or not self._outcomes:
            return self._given
        first: int = next(iter(self._outcomes))
        return first

    async def _fill(self) -> None:
        """Start tasks while there are items, and room."""
        while self._next_item is not None and len(self._running) + len(self._outcomes) < self._most:
            if self._item is not _NONE:
                await self._start()
                continue
            try:
                item = self._next_item()
                self._item = await item if self._awaits else item
            except (StopIteration, StopAsyncIteration):
                self._next_item = None
            except Exception:
                self._close()
                raise

    async def _start(self) -> None:
        """Start the task of the item; one whose start is cancelled stays for another time."""
        owner, ref, item = self._owner, ids.new_ref(), self._item
        self._item = _NONE
        fn, args = isolation.isolate_callable(self._fn), isolation.isolate((item,))
        callers = task_process.callers(owner)
        pid = self._begin(Job(fn, args, owner.pid, callers, self._alias, ref, self._linked))
        if isinstance(pid, Pid):
            self._started_as(pid, ref, item)
            return
        try:
            pid = await pid
        except Exception:
            raise
        except BaseException:
            self._given_up(ref, item)
            raise
        self._started_as(pid, ref, item)

    def _given_up(self, ref: Ref, item: Any) -> None:
        """Note what has become of a task whose start was cancelled: it may run all the same."""
        if self._owner.pid.process is None:
            return
        pid = task_process.begun(self._owner, ref)
        if pid is not None:
            self._started_as(pid, ref, item)
            return
        end = matching.compile_patterns(((self._alias, ref, Pid, ...),))
        down = task_process.take(self._owner, end)
        if down is LATE:
            self._item = item
        else:
            self._started_as(down[2], ref, item)
            self._tell(down)  # its result is there already, and comes first

    def _started_as(self, pid: Pid[Any], ref: Ref, item: Any) -> None:
        owner = self._owner
        deadline = owner.runtime.time() + self._timeout
        self._running[pid] = _Running(self._started, item, pid, ref, deadline)
        self._started += 1
        if self._timer is None and deadline != math.inf:
            self._set_timer(deadline)

    async def _gather(self) -> None:
        """Wait for one outcome."""
        found = await receiving.awaitable(receiving.new_receive(self._matcher, None, None))
        if found[1] is LATE:
            self._close()
            raise TaskTimeout(self, self._timeout)
        if len(found) == 2:
            pid, value = found[1]
            self._note(pid, True, value)
        else:
            self._note(found[2], False, found[3])

    def _note(self, pid: Pid[Any], returned: bool, found: Any) -> None:
        """Note what has become of a task; what comes after that is of no interest."""
        task = self._running.pop(pid, None)
        if task is None:
            return
        task_process.drop(self._owner, pid, task.ref)
        exited = Exited((task.item, found) if self._zips else found)
        self._outcomes[task.position] = Ok(found) if returned else exited

    def _set_timer(self, deadline: float) -> None:
        """Look at the tasks at `deadline`."""
        reference = weakref.ref(self)  # else a stream that is left early would live on

        def look() -> None:
            stream = reference()
            if stream is not None:
                stream._look_for_late()

        self._timer = timers.new_timer(None, self._owner.pid, timers.Errand(look))
        self._owner.keep_timer(self._timer)
        self._owner.runtime.set_timer_at(self._timer, deadline)

    def _look_for_late(self) -> None:
        """Give up the tasks whose time is over; the timer calls this, not the owner."""
        self._timer = None
        now = self._owner.runtime.time()
        for task in self._running.values():
            if task.pid.process is None:
                continue  # what it gave is in the mailbox, or on its way
            if task.deadline > now:
                self._set_timer(task.deadline)
                return
            if self._on_timeout == "exit":
                self._give_up_all()
                return
            self._kill(task)
            self._tell((self._alias, task.ref, task.pid, "timeout"))

    def _give_up_all(self) -> None:
        self._next_item = None
        for task in self._running.values():
            self._kill(task)
        self._tell((self._alias, LATE))

    def _tell(self, message: Any) -> None:
        self._owner.runtime.deliver_to_alias(self._alias, message)

    def _kill(self, task: _Running) -> None:
        process: Any = task.pid.process
        if process is not None:
            relations.remove_link(self._owner, process)
        relations.remove_monitor(self._owner, task.ref)
        kill(task.pid)

    def _end_orphans(self) -> None:
        """Kill what runs when the owner has gone; those that its end has reached clean up."""
        for task in self._running.values():
            process: Any = task.pid.process
            if process is not None and not process.exiting:
                kill(task.pid)

    def _close(self) -> None:
        """Kill what runs, and leave nothing behind in the owner."""
        if not self._open:
            return
        self._open, self._next_item, self._item = False, None, _NONE
        owner = self._owner
        if not owner.runtime.is_here():
            return
        if owner.pid.process is None:
            self._end_orphans()
            return
        relations.remove_alias(owner, self._alias)
        if self._timer is not None:
            owner.runtime.timers.remove(self._timer)
            owner.runtime.forget_timer(self._timer)
        for task in self._running.values():
            self._kill(task)
            task_process.drop(owner, task.pid, task.ref)
        self._running.clear()
        self._outcomes.clear()
        while task_process.take(owner, self._matcher) is not LATE:
            pass
