"""One child of a supervisor: how it is started, how it is stopped, what is told of it.

Erlang: supervisor:do_start_child/2, supervisor:shutdown/1.
"""

from __future__ import annotations

import inspect
from types import CoroutineType
from typing import Any, Final, Literal

from aquavit.core import loops
from aquavit.core.exits import ProcessError, ProcessExit, brief
from aquavit.core.ids import Pid, Ref
from aquavit.core.records import record
from aquavit.core.signals import Down, Exit
from aquavit.otp.child_spec import ChildSpec
from aquavit.otp.gen import StartError
from aquavit.process import cancel_timer, exit, kill, monitor, receive, send, send_after
from aquavit.process import self as self_pid

__all__ = [
    "Attempt",
    "Child",
    "ChildCount",
    "ChildError",
    "ChildInfo",
    "Failed",
    "NoChild",
    "is_clean",
    "is_expected",
    "start",
    "stop",
    "why_not_started",
]

#: In place of a Pid, while a child waits for its next attempt to start.
RESTARTING: Final = "restarting"


class ChildError(ProcessError):
    """Raised when a child is in no state for what is asked.

    `child` is its id or Pid, `reason` the state: "running", "restarting",
    "already_present" or "not_found".

    Elixir: {:error, reason} of restart_child/2, delete_child/2 and start_child/2.
    """

    def __init__(self, action: str, child: object, reason: str) -> None:
        super().__init__(action, child, reason)
        self.action = action
        self.child = child
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.action}: child {brief(self.child)} {_STATES[self.reason]}"


class NoChild(ChildError, LookupError):
    """Raised when a supervisor has no such child.

    Elixir: {:error, :not_found}.
    """

    def __init__(self, action: str, child: object) -> None:
        super().__init__(action, child, "not_found")
        self.args = (action, child)


_STATES = {
    "running": "is running; terminate_child stops it",
    "restarting": "waits for its next attempt to start; terminate_child ends that",
    "already_present": "is there already, stopped; restart_child starts it, delete_child"
    " forgets it",
    "not_found": "is not known to this supervisor",
}


@record
class ChildInfo:
    """One row of `which_children`.

    `pid` is None for a child that does not run, and "restarting" for one that waits for
    its next attempt to start.

    Elixir: {id, pid, type, modules} of Supervisor.which_children/1.
    """

    id: Any
    pid: Pid[Any] | Literal["restarting"] | None
    type: str
    restart: str


@record
class ChildCount:
    """What `count_children` gives.

    Args:
        specs: all children, running or not.
        active: those that run.
        supervisors: those of type "supervisor".
        workers: those of type "worker".

    Elixir: the map of Supervisor.count_children/1.
    """

    specs: int
    active: int
    supervisors: int
    workers: int


@record
class Attempt:
    """To the supervisor itself: try again to start a child.

    Erlang: {try_again_restart, Id}.
    """

    id: Any
    ticket: int


class Child:
    """A child, as its supervisor keeps it.

    pid         its Pid, None while it does not run, or RESTARTING
    restarts    how often it has been started again
    in_a_row    how many of those without a long life in between, for its back-off
    started_at  when it was last started, by the runtime's clock
    timer       of its next attempt, if that has to wait
    ticket      the message for its next attempt must show this number; each timer has its own
    """

    __slots__ = ("in_a_row", "pid", "restarts", "spec", "started_at", "ticket", "timer")

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        self.pid: Any = None
        self.restarts = 0
        self.in_a_row = 0
        self.started_at = 0.0
        self.timer: Ref | None = None
        self.ticket = 0

    def row(self, id: Any) -> ChildInfo:
        """Return the child as `which_children` shows it."""
        return ChildInfo(id, self.pid, self.spec.type, self.spec.restart)

    def started(self, made: Any) -> None:
        """Note what its start function gave; a temporary one never needs its arguments again."""
        self.pid = made[0] if type(made) is tuple else made
        if self.spec.restart == "temporary":
            self.spec = self.spec.without_arguments()

    @property
    def runs(self) -> bool:
        """Tell whether it has been started and its end is not known."""
        return type(self.pid) is Pid

    def delay(self, now: float) -> float:
        """Return how many seconds its next attempt has to wait."""
        backoff = self.spec.backoff
        if backoff is None:
            return 0.0
        if self.runs and now - self.started_at >= backoff.limit:
            self.in_a_row = 0
        return backoff.delay(self.in_a_row)

    def attempt_later(self, key: Any, delay: float) -> None:
        """Let the supervisor try again, after what is in its mailbox and `delay` seconds.

        `key` is what the supervisor knows the child by.
        """
        self.forget_attempt()
        self.pid = RESTARTING
        if delay == 0:
            send(self_pid(), Attempt(key, self.ticket))
        else:
            self.ticket += 1
            self.timer = send_after(self_pid(), Attempt(key, self.ticket), delay)

    def forget_attempt(self) -> None:
        """Let an attempt that waits for its time do nothing.

        As in OTP, one that is in the mailbox already is made if the child then waits for one.
        """
        if self.timer is not None:
            cancel_timer(self.timer)
            self.timer = None
            self.ticket += 1


@record
class Failed:
    """A child could not be started, and why."""

    child: Child
    reason: object


def counted(children: Any) -> ChildCount:
    """Count some children."""
    specs = active = supervisors = 0
    for child in children:
        specs += 1
        active += child.runs
        supervisors += child.spec.type == "supervisor"
    return ChildCount(specs, active, supervisors, specs - supervisors)


async def start(spec: ChildSpec, extra: tuple[Any, ...] = ()) -> Any:
    """Call a child's start function.

    Args:
        spec: of the child.
        extra: arguments in front of its own.

    Returns:
        The Pid, `(Pid, info)`, or None for a child that chose not to start.

    Raises:
        Exception: what the function raised.
        StartError: it gave something else, or ended in another way.
    """
    fn, *args = spec.start
    try:
        made = fn(*extra, *args, **dict(spec.kwargs)) if spec.kwargs else fn(*extra, *args)
        if type(made) is CoroutineType or inspect.isawaitable(made):
            made = await made
    except (Exception, GeneratorExit, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as end:
        if loops.here("start_child").exiting:
            raise  # it is the supervisor that is to end
        raise StartError(fn, end.reason if isinstance(end, ProcessExit) else end) from end
    if made is None or type(made) is Pid:
        return made
    if type(made) is tuple and len(made) == 2 and type(made[0]) is Pid:
        return made
    raise StartError(fn, made)


def why_not_started(error: Exception) -> object:
    """Return the reason that a failed start is told by."""
    return error.reason if isinstance(error, StartError) else error


async def stop(child: Child) -> object:
    """Stop a running child as its spec says, and wait until it is gone.

    Returns:
        Its exit reason.
    """
    pid = child.pid
    shutdown: Any = child.spec.shutdown
    ref = monitor(pid)
    if shutdown == "brutal_kill":
        kill(pid)
        down = await receive(Down(ref, ..., ...))
    else:
        exit(pid, "shutdown")
        down = await receive(Down(ref, ..., ...), timeout=shutdown, default=None)
        if down is None:
            kill(pid)
            down = await receive(Down(ref, ..., ...))
    if down.reason != "noproc":
        return down.reason  # the Exit that came before is of nobody known any more
    # One that was dead before has said why over the link.
    told = await receive(Exit(pid, ...), timeout=0, default=down)
    return told.reason


def is_clean(reason: object) -> bool:
    """Tell whether a transient child that ended so is left alone."""
    if type(reason) is str:
        return reason in ("normal", "shutdown")
    return type(reason) is tuple and len(reason) == 2 and reason[0] == "shutdown"


def is_expected(reason: object, spec: ChildSpec) -> bool:
    """Tell whether a child that was told to stop has ended as it should."""
    wanted = "killed" if spec.shutdown == "brutal_kill" else "shutdown"
    if type(reason) is str and reason == wanted:
        return True
    return spec.restart != "permanent" and is_clean(reason)


def now() -> float:
    """Return the time in seconds by the runtime's clock."""
    return loops.here("supervisor").runtime.time()  # type: ignore[no-any-return]
