"""The face that a process shows to asyncio: a task-like object.

`asyncio.current_task()` inside a process returns a ProcessTask, because
`asyncio.timeout`, TaskGroup, AnyIO and aiohttp ask for one. Most processes never need
their own: the scheduler enters one unbound face for a whole slice, which acts for
whoever runs. Only when code keeps the face, or a weak reference to it, does the
scheduler bind it to that process and take a new one for the others.

It is not registered with asyncio (`all_tasks` does not list it): `asyncio.run` would
try to cancel it at exit.

Erlang: none.
"""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Callable, Generator
from typing import Any

from aquavit.core import native
from aquavit.core import process as _process

__all__ = ["ProcessTask"]


class ProcessTask:
    """What `asyncio.current_task()` returns inside a process.

    Elixir: none.
    """

    _asyncio_future_blocking = False

    def __init__(self, scheduler: Any) -> None:
        self.scheduler = scheduler
        self.process: Any = None
        #: The Pid of the process, when that has ended, and its exit reason.
        self.pid: Any = None
        self.reason: Any = None
        self.cancel_requests = 0
        self.callbacks: list[tuple[Callable[[Any], object], Any]] | None = None

    def __repr__(self) -> str:
        return f"<ProcessTask {self.get_name()}>"

    def _owner(self) -> Any:
        """Return the process that it stands for, None between two steps and after the end."""
        if self.process is not None or self.pid is not None:
            return self.process
        return _process.current()

    # --- what asyncio and AnyIO read

    def get_loop(self) -> Any:
        """Return the event loop."""
        return self.scheduler.loop

    def get_coro(self) -> Any:
        """Return the coroutine of the process."""
        owner = self._owner()
        return None if owner is None else owner.coroutine

    def get_name(self) -> str:
        """Return the registered name of the process, its label, or its pid."""
        owner = self._owner()
        if owner is None:  # between two steps, as a crash report is
            return "aquavit" if self.pid is None else repr(self.pid)
        for name in () if owner.rare is None else (owner.rare.name, owner.rare.label):
            if type(name) is str:
                return name
        return repr(owner.pid)

    def set_name(self, value: object) -> None:
        """Make `value` the label of the process."""
        owner = self._owner()
        if owner is not None:
            owner.extras().label = str(value)

    def get_context(self) -> Any:
        """Return the context of the process, None while it shares the common one."""
        owner = self._owner()
        return None if owner is None else owner.context

    def get_stack(self, *, limit: int | None = None) -> list[Any]:
        """Return the frames of the process that waits, outermost first."""
        frames = []
        coroutine = self.get_coro()
        while coroutine is not None and getattr(coroutine, "cr_frame", None) is not None:
            frames.append(coroutine.cr_frame)
            coroutine = coroutine.cr_await
        return frames if limit is None else frames[-limit:]

    def print_stack(self, *, limit: int | None = None, file: Any = None) -> None:
        """Print where the process waits, to stderr if no file is given."""
        print(f"Stack for {self!r} (most recent call last):", file=file or sys.stderr)
        steps = ((frame, frame.f_lineno) for frame in self.get_stack(limit=limit))
        traceback.print_list(traceback.StackSummary.extract(steps), file=file)

    @property
    def _fut_waiter(self) -> Any:
        owner = self._owner()
        return None if owner is None else owner.waiter

    @property
    def _must_cancel(self) -> bool:
        owner = self._owner()
        return owner is not None and owner.interrupt is not None

    # --- cancellation

    def cancel(self, msg: object = None) -> bool:
        """Raise `asyncio.CancelledError` in the process where it waits next."""
        owner = self._owner()
        if owner is None or self.done():
            return False
        self.cancel_requests += 1
        self.scheduler.cancel(owner, msg)
        return True

    def cancelling(self) -> int:
        """Return the number of cancellations asked for and not taken back."""
        return self.cancel_requests

    def uncancel(self) -> int:
        """Take back one request to cancel; return how many are left."""
        self.cancel_requests = max(0, self.cancel_requests - 1)
        if self.cancel_requests == 0:
            owner = self._owner()
            if owner is not None:
                self.scheduler.uncancel(owner)
        return self.cancel_requests

    # --- outcome

    def done(self) -> bool:
        """Tell whether the process has ended."""
        owner = self._owner()
        return owner is None or owner.state == native.DEAD

    def cancelled(self) -> bool:
        """Tell whether the process ended by a cancellation."""
        return isinstance(self.reason, asyncio.CancelledError)

    def exception(self) -> BaseException | None:
        """Return the exception that ended the process, or None."""
        if not self.done():
            raise asyncio.InvalidStateError("the process has not ended")
        return self.reason if isinstance(self.reason, BaseException) else None

    def result(self) -> None:
        """Return None, or raise what ended the process."""
        error = self.exception()
        if error is not None:
            raise error

    def add_done_callback(self, fn: Callable[[Any], object], *, context: Any = None) -> None:
        """Call `fn(task)` soon after the process has ended."""
        if self.done():
            self.scheduler.loop.call_soon(fn, self, context=context)
            return
        if self.callbacks is None:
            self.callbacks = []
        self.callbacks.append((fn, context))

    def remove_done_callback(self, fn: Callable[[Any], object]) -> int:
        """Take `fn` away; return how often it was there."""
        before = self.callbacks or []
        self.callbacks = [entry for entry in before if entry[0] != fn]
        return len(before) - len(self.callbacks)

    def ended(self, reason: object) -> None:
        """Let go of the process, which has ended, and call the callbacks.

        The two must not hold each other any longer: no collector would see that.
        """
        self.pid = self.process.pid
        self.reason = reason
        self.process = None
        for fn, context in self.callbacks or ():
            self.scheduler.loop.call_soon(fn, self, context=context)
        self.callbacks = None

    def __await__(self) -> Generator[Any, Any, None]:
        if not self.done():
            over = self.scheduler.loop.create_future()
            self.add_done_callback(lambda _: over.done() or over.set_result(None))
            yield from over
        return self.result()
