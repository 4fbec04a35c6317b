"""Waiting for tasks: what the methods of Task do with the owner's mailbox.

A task's result comes as `(ref, result)`, its end as the Down of the monitor `ref`. Whoever
has taken the one leaves nothing of the other behind.

Elixir: the private functions of Task.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal

from aquavit.core import loops, matching, receiving, relations, requests
from aquavit.core.exits import brief
from aquavit.core.ids import Alias, Pid, Ref
from aquavit.core.signals import Down
from aquavit.otp import task_process
from aquavit.otp.outcomes import Exited, Ok, TaskExit, TaskTimeout
from aquavit.otp.task_process import LATE
from aquavit.process import demonitor, exit, kill, monitor, receive, unlink

__all__ = ["answer", "await_many", "ignore", "outcome", "result", "shutdown", "yield_many"]


def _owner(task: Any, caller: str) -> Any:
    """Return the current process, which must be the task's owner.

    Raises:
        ValueError: it is not.
    """
    process: Any = loops.here(caller)
    if process.pid != task.owner:
        raise ValueError(
            f"{caller}: expected to be called by the owner of {task}, {task.owner!r},"
            f" got {process.pid!r}\n"
            "to wait for several use Task.await_many; asyncio.gather and create_task await in a"
            " task of their own"
        )
    return process


async def answer(task: Any, caller: str, timeout: float | None) -> Any:
    """Return `(ref, result)`, a Down, or LATE."""
    owner = _owner(task, caller)
    requests.check_timeout(timeout, caller)
    found = await _taken(matching.answer_to(task.ref), timeout)
    if found is not LATE:
        task_process.forget(owner, task.ref)
    return found


def outcome(found: Any) -> Any:
    """Return an answer as `Ok`, `Exited` or None."""
    if found is LATE:
        return None
    return Exited(found.reason) if type(found) is Down else Ok(found[1])


def result(task: Any, found: Any, timeout: float | None) -> Any:
    """Return the result.

    Raises:
        TaskTimeout, TaskExit: there is none.
    """
    if found is LATE:
        known = _is_known(task)
        task_process.forget(loops.here("result"), task.ref)
        raise TaskTimeout(task, timeout, known)
    if type(found) is Down:
        raise TaskExit(task, found.reason)
    return found[1]


async def shutdown(task: Any, timeout: float | Literal["brutal_kill"] | None) -> Any:
    """Stop a task; return its outcome, None if it has ended because of that."""
    owner, pid = _owner(task, "shutdown"), _pid(task, "shutdown")
    brutal = timeout == "brutal_kill"
    limit: Any = None if brutal else timeout
    requests.check_timeout(limit, "shutdown")
    unlink(pid)
    down = await _taken(_end_of(task.ref), 0) if _is_known(task) else LATE
    if down is LATE:
        down = await _ended(task, brutal, limit)
    returned = await _taken(matching.answer_to(task.ref), 0)
    task_process.forget(owner, task.ref)
    if returned is not LATE:
        return Ok(returned[1])
    return None if down.reason == ("killed" if brutal else "shutdown") else Exited(down.reason)


async def _ended(task: Any, brutal: bool, timeout: float | None) -> Any:
    """Tell a task to end, and return its Down; kill it if that takes too long."""
    pid = task.pid
    # One that was given up, as by a timeout, may still run: it is watched anew.
    ref = monitor(pid) if _is_known(task) else task.ref
    try:
        if brutal:
            kill(pid)
        else:
            exit(pid, "shutdown")
        down = await _taken(_end_of(ref), timeout)
        if down is LATE:
            kill(pid)
            down = await _taken(_end_of(ref), None)
        return down
    finally:
        if ref is not task.ref:
            demonitor(ref, flush=True)


def _end_of(ref: Ref) -> Any:
    return matching.compile_patterns((Down(ref, ..., ...),))


def ignore(task: Any) -> Any:
    """Let go of a task; return its outcome, if it has one already."""
    owner, pid = _owner(task, "ignore"), _pid(task, "ignore")
    unlink(pid)
    found = task_process.take(owner, matching.answer_to(task.ref))
    task_process.forget(owner, task.ref)
    return outcome(found)


# --- many tasks


def _listed(tasks: Any, caller: str) -> list[Any]:
    """Return the tasks as a list.

    Raises:
        TypeError: they are none.
    """
    listed = list(tasks) if isinstance(tasks, Iterable) else None
    if listed is None or not all(hasattr(task, "owner") for task in listed):
        raise TypeError(f"{caller}: expected tasks, got {brief(tasks)}")
    return listed


async def await_many(tasks: Iterable[Any], timeout: float | None) -> list[Any]:
    """Return all results, in the order of the tasks."""
    tasks = _listed(tasks, "await_many")
    answers = _Answers(tasks, "await_many", timeout)
    results: dict[Ref, Any] = {}
    while answers.waiting:
        task, found = await answers.take_one()
        if task is None:
            answers.forget()
            raise TaskTimeout(tasks, timeout)
        if type(found) is Down:
            answers.forget()
            raise TaskExit(tasks, found.reason)
        results[task.ref] = found[1]
    return [results[task.ref] for task in tasks]


async def yield_many(
    tasks: Iterable[Any], timeout: float | None, limit: int | None, on_timeout: str
) -> list[tuple[Any, Any]]:
    """Return pairs of the tasks and what has become of them."""
    tasks = _listed(tasks, "yield_many")
    if on_timeout not in ("nothing", "ignore", "kill_task"):
        raise ValueError(
            "yield_many: expected on_timeout to be 'nothing', 'ignore' or 'kill_task',"
            f" got {brief(on_timeout)}"
        )
    most = len(tasks) if limit is None else limit
    if type(most) is not int or (limit is not None and most < 1):
        raise ValueError(f"yield_many: expected a limit of 1 or more, or None, got {brief(limit)}")
    answers = _Answers(tasks, "yield_many", timeout)
    outcomes: dict[Ref, Any] = {}
    while answers.waiting and len(outcomes) < most:
        task, found = await answers.take_one()
        if task is None:
            break
        outcomes[task.ref] = outcome(found)
    for task in answers.waiting.values():
        if on_timeout == "ignore":
            outcomes[task.ref] = ignore(task)
        elif on_timeout == "kill_task":
            outcomes[task.ref] = await shutdown(task, "brutal_kill")
    return [(task, outcomes.get(task.ref)) for task in tasks]


class _Answers:
    """The answers of several tasks, as they come, until a common deadline.

    `waiting` are the tasks without an answer, by their refs.
    """

    def __init__(self, tasks: list[Any], caller: str, timeout: float | None) -> None:
        self.owner: Any = loops.here(caller)
        for task in tasks:
            _owner(task, caller)
        self.waiting = {task.ref: task for task in tasks}
        self.deadline = self.owner.runtime.time() + requests.check_timeout(timeout, caller)

    async def take_one(self) -> tuple[Any, Any]:
        """Return a task and its answer, or None and LATE."""
        left = self.deadline - self.owner.runtime.time()
        timeout = None if left == math.inf else max(0.0, left)
        found: Any = await receive(self._is_answer, timeout=timeout, default=LATE)
        if found is LATE:
            return None, LATE
        task = self.waiting.pop(found.ref if type(found) is Down else found[0])
        task_process.forget(self.owner, task.ref)
        return task, found

    def forget(self) -> None:
        """Let nothing more come of the tasks without an answer."""
        for ref in self.waiting:
            task_process.forget(self.owner, ref)

    def _is_answer(self, message: Any) -> bool:
        if type(message) is Down:
            return message.ref in self.waiting
        if type(message) is not tuple or len(message) != 2:
            return False
        return isinstance(message[0], Ref) and message[0] in self.waiting


# --- the owner's mailbox and monitors


def _taken(matcher: Any, timeout: float | None) -> Any:
    return receiving.awaitable(receiving.new_receive(matcher, timeout, LATE))


def _is_known(task: Any) -> bool:
    """Tell whether the end of a task has been told to its owner, with whom its alias ends."""
    if type(task.ref) is not Alias:
        return True
    return relations.alias_mode(loops.here("task"), task.ref) is None


def _pid(task: Any, caller: str) -> Pid[Any]:
    if task.pid is None:
        raise ValueError(f"{caller}: expected a task with a process, got {task}")
    return task.pid  # type: ignore[no-any-return]
