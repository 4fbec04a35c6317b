"""The process of a task: it runs one function, and tells the owner what it returned.

    Job      what a task is to do, and for whom
    begin    make the process; its link, monitor and family are there from its first moment

The result goes to an alias of the owner, as `(alias, result)`, so that one that nobody
waits for any more vanishes.

Elixir: Task.Supervised.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

from aquavit.core import calls, isolation, loops, matching, relations
from aquavit.core.exits import brief
from aquavit.core.ids import Alias, Pid, Ref
from aquavit.core.kinds import NEVER_AWAITED
from aquavit.core.signals import Down, Exit
from aquavit.otp import gen
from aquavit.process import kill

__all__ = [
    "LATE",
    "Job",
    "abandon",
    "begin",
    "begin_child",
    "begun",
    "callers",
    "checked",
    "drop",
    "forget",
    "start",
    "start_child",
    "take",
]

#: In place of a message that has not come in time.
LATE: Any = object()


class Job(NamedTuple):
    """What a task is to do, and for whom.

    Args:
        fn, args: what it runs; already its own.
        owner: who waits for the result.
        callers: `$callers` of the task.
        reply_to: where the result goes.
        ref: of the owner's monitor; `reply_to`, or a Ref of its own where the results of
            many tasks go to one alias. The Pid is then sent along, and the Down tagged.
        linked: link it to the owner.
    """

    fn: Any
    args: tuple[Any, ...]
    owner: Pid[Any]
    callers: tuple[Pid[Any], ...]
    reply_to: Alias
    ref: Ref
    linked: bool


def checked(fn: Any, caller: str) -> Any:
    """Return `fn` with its own copy of what it has captured.

    Raises:
        TypeError: it is no function, or what it has captured cannot be copied.
    """
    if not callable(fn):
        hint = ""
        if inspect.iscoroutine(fn):
            hint = f"\npass the function and its arguments: {caller}(fn, *args)"
            fn.close()
        raise TypeError(f"{caller}: expected a function, got {brief(fn)}{hint}")
    return isolation.isolate_callable(fn)


def callers(owner: Any) -> tuple[Pid[Any], ...]:
    """Return the `$callers` of a task that `owner` starts."""
    rare = owner.rare
    if rare is None or not rare.dictionary:
        return (owner.pid,)
    return (owner.pid, *rare.dictionary.get("$callers", ()))


def start(fn: Callable[..., Any], args: tuple[Any, ...], linked: bool, caller: str) -> Pid[Any]:
    """Start a task of the current process that nobody waits for."""
    parent = loops.here(caller)
    process: Any = calls.start(fn, args, None, caller)
    if linked:
        relations.add_link(parent, process)
    family(process, parent, fn, args, callers(parent))
    return process.pid  # type: ignore[no-any-return]


def start_child(fn: Any, args: tuple[Any, ...], of: tuple[Pid[Any], ...]) -> Pid[Any]:
    """Start a task that nobody waits for; its supervisor calls this."""
    supervisor = loops.here("Task.Supervisor")
    process: Any = calls.start(fn, args, None, "Task.Supervisor.start_child")
    relations.add_link(supervisor, process)
    family(process, supervisor, fn, args, of)
    return process.pid  # type: ignore[no-any-return]


def begin(job: Job) -> Pid[Any]:
    """Make the process of a task; its owner calls this."""
    owner = loops.here("Task")
    process = _made(owner, job)
    _follow(owner, process, job)
    return process.pid  # type: ignore[no-any-return]


def begin_child(job: Job) -> Pid[Any] | None:
    """Make the process of a task; its supervisor calls this.

    Returns:
        None if its owner has gone, or wants it no more.
    """
    supervisor, owner = loops.here("Task.Supervisor"), job.owner.process
    if owner is None or relations.alias_mode(owner, job.reply_to) is None:
        return None
    process = _made(supervisor, job)
    relations.add_link(supervisor, process)
    _follow(owner, process, job)
    return process.pid  # type: ignore[no-any-return]


def _made(parent: Any, job: Job) -> Any:
    process = parent.runtime.spawn(parent, _perform, (job,))
    family(process, parent, job.fn, job.args, job.callers)
    return process


def _follow(owner: Any, process: Any, job: Job) -> None:
    """Let the owner hear of the end of a task."""
    tag = None if job.ref is job.reply_to else job.reply_to
    relations.add_monitor(owner, process, job.ref, None, tag)
    if job.linked:
        relations.add_link(owner, process)


def _perform(job: Job) -> Any:
    """Be the task; not `async`, so that a plain function may `wait`."""
    result = job.fn(*job.args)
    if type(result) not in NEVER_AWAITED and inspect.isawaitable(result):
        return _finish(job, result)
    _tell(job, result)
    return None


async def _finish(job: Job, awaitable: Any) -> None:
    _tell(job, await awaitable)


def _tell(job: Job, result: Any) -> None:
    message = result if job.ref is job.reply_to else (calls.self(), result)
    calls.send(job.reply_to, (job.reply_to, message))


def family(
    process: Any, parent: Any, fn: Any, args: tuple[Any, ...], of: tuple[Pid[Any], ...]
) -> None:
    """Note where a task comes from, and what a report of its crash says."""
    rare = process.extras()
    rare.report = {"kind": "task", "initial_call": fn, "args": args, "parent": of[0]}
    rare.dictionary = {
        "$ancestors": gen.ancestors(parent),
        "$callers": list(of),
        "$initial_call": fn,
    }


def take(owner: Any, matcher: Any) -> Any:
    """Take out the first message that `matcher` accepts; return LATE if there is none."""
    count = owner.count
    found = owner.take(matcher)
    return found if owner.count < count else LATE


def forget(owner: Any, ref: Any) -> None:
    """Let nothing more come of the task `ref` to its owner, and take out what has come."""
    watched = relations.remove_monitor(owner, ref)
    relations.monitor_ended(owner, ref)
    if not watched:
        answers = matching.answer_to(ref)
        while take(owner, answers) is not LATE:  # the result, and the Down
            pass
    owner.runtime.forget(owner, ref)


def drop(owner: Any, pid: Pid[Any], ref: Ref) -> None:
    """Let nothing more come of a task by link or monitor, and take its Exit out."""
    if pid.process is not None:
        relations.remove_link(owner, pid.process)
    owner.runtime.forget(owner, pid)
    if owner.trap:
        owner.take(matching.compile_patterns((Exit(pid, ...),)))
    relations.remove_monitor(owner, ref)
    owner.runtime.forget(owner, ref)


def begun(owner: Any, ref: Any) -> Pid[Any] | None:
    """Return the Pid of the task `ref` if it has been made, and its end is not known."""
    monitors = None if owner.rare is None else owner.rare.monitors
    watched = monitors.get(ref) if monitors else None
    return None if watched is None else watched.target.pid


def abandon(owner: Any, ref: Any) -> None:
    """Kill the task `ref`, whose start was given up, if it has been made all the same."""
    pid = begun(owner, ref)
    if pid is None:
        down = take(owner, matching.compile_patterns((Down(ref, ..., ...),)))
        pid = None if down is LATE else down.pid
    if pid is not None:
        drop(owner, pid, ref)
        kill(pid)
    forget(owner, ref)
