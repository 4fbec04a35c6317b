"""The core's few primitives in plain Python, for the interpreted build.

The compiled build takes the same names from `native.h` through `native.pxd`, so
every caller writes `native.step(...)` and reads the same in both. Nothing else in
the core asks which build it is, except through `COMPILED`.
"""

from __future__ import annotations

import contextvars
import threading
import types
from typing import TYPE_CHECKING, Any, Final

__all__ = ["COMPILED", "DEAD", "NEW", "READY", "RUNNING", "WAITING"]

COMPILED: Final = False
# What `step` returns when the coroutine returned, and when it raised.
_RETURNED: Final = object()
_FAILED: Final = object()

#: The states of a process, see `process`.
NEW, READY, RUNNING, WAITING, DEAD = range(5)
#: What a process is resumed with, see `process`.
NOTHING, FOUND, TIMED_OUT, RETRY = range(4)


if TYPE_CHECKING:
    # Only the compiled build has and calls these.
    def context_size(context: contextvars.Context) -> int: ...
    def enter_context(context: contextvars.Context) -> None: ...
    def fast_send(general: Any, doc: str, module: str, quick: Any) -> Any: ...
    def fast_receive(
        general: Any, doc: str, module: str, any: Any, known: Any, patterns: Any
    ) -> Any: ...
    def install_poll(cls: type, poll: Any) -> None: ...
    def is_context(context: contextvars.Context) -> bool: ...
    def is_taken(value: object, owners: int) -> bool: ...
    def leave_context(context: contextvars.Context) -> None: ...
    def new_context() -> contextvars.Context: ...
    def refcount(value: object) -> int: ...


class _Thread(threading.local):
    current: Any = None
    error: BaseException | None = None
    pending = False


_thread = _Thread()


def set_pending() -> None:
    """Say that what `poll` returns is to be yielded."""
    _thread.pending = True


def take_pending() -> bool:
    """Return whether `set_pending` was called since the last time."""
    pending, _thread.pending = _thread.pending, False
    return pending


def step(coroutine: Any, value: object) -> object:
    """Send `value` in; return what was yielded, or how it ended."""
    try:
        return coroutine.send(value)
    except StopIteration:
        return _RETURNED
    except BaseException as error:
        return fail(error)


def throw(coroutine: Any, error: BaseException) -> object:
    """Raise `error` inside the coroutine; like `step`."""
    try:
        return coroutine.throw(error)
    except StopIteration:
        return _RETURNED
    except BaseException as raised:
        return fail(raised)


def call(function: Any, arguments: tuple[Any, ...]) -> object:
    """Return `function(*arguments)`, or that it failed."""
    try:
        return function(*arguments)
    except BaseException as error:
        return fail(error)


def fail(error: BaseException) -> object:
    """Keep `error` for `take_error` and say that the call failed."""
    _thread.error = error
    return _FAILED


def prepare_markers() -> None:
    """Do nothing: this build has made its markers on import."""


def has_returned(outcome: object) -> bool:
    """Tell whether the coroutine returned."""
    return outcome is _RETURNED


def has_failed(outcome: object) -> bool:
    """Tell whether the call raised; `take_error` has the exception."""
    return outcome is _FAILED


def returned() -> object:
    """Return what stands for a coroutine that returned."""
    return _RETURNED


def take_error() -> BaseException:
    """Return the exception behind the last failure."""
    error, _thread.error = _thread.error, None
    assert error is not None
    return error


def copy_current_context() -> contextvars.Context:
    """Return a copy of the current context."""
    return contextvars.copy_context()


def read_current() -> Any:
    """Return the process that this thread is stepping, or None."""
    return _thread.current


def write_current(process: Any) -> None:
    """Say which process this thread is stepping."""
    _thread.current = process


def read_clock(clock: Any, monotonic: Any) -> float:
    """Return the time in seconds by `clock`; `monotonic` is time.monotonic."""
    return float(clock())


def thread() -> int:
    """Return which thread runs."""
    return threading.get_ident()


def is_only_thread() -> bool:
    """Tell whether no other thread has anything to do with Python."""
    return threading.active_count() == 1


def untrack(value: object) -> None:
    """Do nothing: only the compiled build can take a tuple from the collector."""


def untrack_list(value: object) -> None:
    """Do nothing: only the compiled build can take a list from the collector."""


def own_dict() -> dict[Any, Any]:
    """Return a new dict, which the compiled build keeps from the collector."""
    return {}


def recent(patterns: tuple[Any, ...]) -> Any:
    """Return None: only the compiled build keeps the waits that were described last."""
    return None


def keep_recent(patterns: tuple[Any, ...], wait: object) -> None:
    """Do nothing: see `recent`."""


def hide(coroutine: object) -> None:
    """Do nothing: only the compiled build can hide a coroutine from the collector."""


def show(coroutine: object) -> None:
    """Do nothing: this build has hidden nothing."""


def is_plain_function(fn: object) -> bool:
    """Tell whether `fn` is a function that has captured nothing."""
    return type(fn) is types.FunctionType and fn.__closure__ is None


def is_closure(fn: object) -> bool:
    """Tell whether `fn` is a function that has captured variables."""
    return type(fn) is types.FunctionType and fn.__closure__ is not None


def captured_count(fn: Any) -> int:
    """Return how many variables `fn` has captured."""
    return len(fn.__closure__)


def captured(fn: Any, index: int) -> object:
    """Return a captured value, NotImplemented if the variable has none yet."""
    try:
        return fn.__closure__[index].cell_contents
    except ValueError:
        return NotImplemented


def twin(fn: Any) -> Any:
    """Return the same function with cells of its own that hold the same values."""
    cells = []
    for cell in fn.__closure__:
        try:
            cells.append(types.CellType(cell.cell_contents))
        except ValueError:  # a variable that has no value yet
            cells.append(types.CellType())
    copied = types.FunctionType(
        fn.__code__, fn.__globals__, fn.__name__, fn.__defaults__, tuple(cells)
    )
    copied.__kwdefaults__ = fn.__kwdefaults__
    copied.__qualname__ = fn.__qualname__
    copied.__module__ = fn.__module__
    copied.__dict__.update(fn.__dict__)
    return copied


def is_coroutine(value: object) -> bool:
    """Tell whether `value` is a native coroutine."""
    return type(value) is _COROUTINE


async def _sample() -> None: ...


_probe = _sample()
_COROUTINE = type(_probe)
_probe.close()
