"""The process record: everything the runtime knows about one process.

    state      NEW -> READY <-> RUNNING <-> WAITING -> DEAD
               NEW       spawned, its function not yet called
               READY     in the run queue (a process is in it at most once)
               WAITING   for a message, a deadline (`timer`) or an asyncio future (`waiter`)
    exiting    an exit signal has been accepted; `reason` is final, clean-up runs
    killed     it will be closed by force at its next turn
    coroutine  the arguments before the function is called, then its coroutine
    awaiting   the wait is for a message or a deadline, and not for a future
    polling    it is suspended inside a Receive, which will finish what it began
    resume     how its wait has ended, which the Receive looks up: NOTHING (it has not),
               FOUND (a message, see `mailbox`), TIMED_OUT, or RETRY (its budget was spent)
    interrupt  the exception that the next step throws in instead
    parked     it has a stack of its own (`rare.stack`), where it is to go on; see `stacks`
    links      None, one Process, or a dict of them in the order of linking
    rare       what few processes have; None until first needed

Only the runtime changes state, exiting, killed and reason. `context` is None as long as
the process has not written a context variable (see `scheduler`).

Erlang: the process control block.
"""

from __future__ import annotations

from typing import Any

from aquavit.core import directives as cython
from aquavit.core import ids, native
from aquavit.core.ids import Pid
from aquavit.core.mailbox import Mailbox

if False:  # tells Cython that `cython` means its directives
    import cython  # type: ignore

__all__ = ["Process", "Rare", "current", "ends_in_order", "set_current"]


class Mark:
    """A value that stands only for itself."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


@cython.final
@cython.no_gc
@cython.cclass
class Rare:
    """The parts of a process that most processes never need."""

    __slots__ = (
        *(
            "aliases",
            "asked",
            "asking",
            "bound",
            "dictionary",
            "guards",
            "label",
            "monitored_by",
            "monitors",
            "name",
            "refusals",
        ),
        *("on_end", "report", "senders", "serves", "stack", "strikes", "timers"),
    )

    def __init__(self) -> None:
        self.asked: Any = None
        self.asking: Any = None
        self.name: str | None = None
        self.label: object = None
        self.dictionary: dict[Any, Any] | None = None
        self.monitors: dict[Any, Any] | None = None
        self.monitored_by: dict[Any, Any] | None = None
        self.aliases: dict[Any, str] | None = None
        self.timers: dict[Any, Any] | None = None
        self.report: Any = None
        self.on_end: Any = None
        self.bound: Any = None
        self.senders: Any = None
        self.stack: Any = None
        self.guards = self.refusals = self.strikes = 0
        #: It is a behaviour: it serves system messages, and ends when it is told to.
        self.serves = False


@cython.final
@cython.no_gc
@cython.cclass
class Process(Mailbox):
    """One process."""

    __slots__ = (
        *("adopted", "awaiting", "context", "coroutine", "exiting", "initial_call", "interrupt"),
        *("killed", "links", "next", "parent", "parked", "pid", "polling", "rare", "reason"),
        *("reductions", "runtime", "slot", "started_at", "state", "task", "timer"),
        *("trap", "waiter"),
    )

    adopted: bool
    awaiting: bool
    context: Any
    coroutine: Any
    exiting: bool
    initial_call: Any
    interrupt: Any
    killed: bool
    links: Any
    next: Any
    parent: Any
    parked: bool
    pid: Pid
    polling: bool
    rare: Any
    reason: Any
    reductions: int
    runtime: Any
    slot: int
    started_at: float
    state: int
    task: Any
    timer: Any
    trap: bool
    waiter: Any

    def __dealloc__(self) -> None:
        native.show(self.coroutine)

    def hold(self, coroutine: Any) -> None:
        """Make `coroutine` the one that is stepped, hidden from the garbage collector."""
        native.hide(coroutine)
        self.coroutine = coroutine

    def let_go(self) -> None:
        """Drop the coroutine, which the garbage collector may see again."""
        native.show(self.coroutine)
        self.coroutine = None

    def extras(self) -> Rare:
        """Return the rare parts, made on first use."""
        if self.rare is None:
            self.rare = Rare()
        return self.rare  # type: ignore[no-any-return]

    def keep_timer(self, timer: Any) -> None:
        """Let `timer` end with the process."""
        rare = self.extras()
        if rare.timers is None:
            rare.timers = native.own_dict()
        rare.timers[timer] = None


def new_process(runtime: Any) -> Process:
    """Make a process record with a fresh Pid."""
    process = Process.__new__(Process)
    if not native.COMPILED:
        clear_fields(process)
    process.runtime = runtime
    process.pid = ids.new_pid(process)
    return process


def clear_fields(process: Any) -> None:
    """Give every field its empty value, as C does for the compiled build."""
    for name in (*Mailbox.__slots__, *Process.__slots__):
        setattr(process, name, None)
    for name in ("adopted", "awaiting", "exiting", "killed", "parked", "polling", "trap"):
        setattr(process, name, False)
    process.count = process.limit = process.slot = process.reductions = 0
    process.resume = native.NOTHING
    process.state = native.NEW
    process.started_at = 0.0


def current() -> Process | None:
    """Return the process that the running thread steps, or None."""
    return cython.cast(Process, native.read_current())


def set_current(process: Process | None) -> None:
    """Make `process` (or None) the current one of the running thread."""
    native.write_current(process)


def ends_in_order(p: Process) -> bool:
    """Tell whether `p` is a behaviour that cleans up when it is told to end."""
    rare = p.rare
    if rare is None or not rare.serves or not p.trap or p.exiting:
        return False
    return rare.on_end is None
