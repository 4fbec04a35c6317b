"""The children of a dynamic supervisor, which are all alike.

Elixir: the callbacks of DynamicSupervisor.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from aquavit.core.exits import brief
from aquavit.core.ids import Pid, Ref
from aquavit.core.signals import Down, Exit
from aquavit.otp import children, supervisor_reports
from aquavit.otp.child_spec import ChildSpec
from aquavit.otp.children import Attempt, Child
from aquavit.otp.gen import StartError
from aquavit.otp.intensity import Intensity
from aquavit.process import exit, kill, monitor, receive

__all__ = ["DynamicSupervision"]

_LATE = object()


class DynamicSupervision:
    """The children of a dynamic supervisor.

    children   Pid -> Child; the last Pid of one that waits for its next attempt
    intensity  counts the restarts
    """

    __slots__ = ("children", "flags", "intensity", "shown")

    def __init__(self, spec: Any, shown: str) -> None:
        self.flags = spec
        self.shown = shown
        self.children: dict[Pid[Any], Child] = {}
        self.intensity = Intensity(spec.max_restarts, spec.max_seconds)

    async def start_all(self) -> None:
        """Start nothing: children come later."""

    # --- on request

    def serve(self, request: Any) -> Any:
        """Do what a function of the supervisor asks for; what waits is to be awaited.

        Raises:
            Exception: it cannot be done.
        """
        match request:
            case ("start_child", spec):
                return self.start_child(spec)
            case ("terminate_child", pid):
                return self.terminate_child(pid)
            case "which_children":
                return self.rows()
            case "count_children":
                return children.counted(self.children.values())
        raise ValueError(f"expected a request to a dynamic supervisor, got {brief(request)}")

    async def start_child(self, spec: ChildSpec) -> Any:
        """Start a child.

        Raises:
            StartError: there are as many as there may be.
            Exception: it could not be started.
        """
        most = self.flags.max_children
        if most is not None and len(self.children) >= most:
            raise StartError(spec.start[0], "max_children")
        made = await children.start(spec, self.flags.extra_arguments)
        if made is not None:
            self.keep(Child(spec), made)
        return made

    def keep(self, child: Child, made: Any) -> None:
        """Note what a child's start function gave."""
        child.started(made)
        if child.spec.backoff is not None:
            child.started_at = children.now()
        self.children[child.pid] = child

    async def terminate_child(self, pid: Any) -> None:
        """Stop a child and forget it.

        Raises:
            NoChild: there is none.
        """
        child = self.children.get(pid)
        if child is None:
            raise children.NoChild("terminate_child", pid)
        child.forget_attempt()
        if child.runs:
            self.judge(child, await children.stop(child))
        del self.children[pid]

    def rows(self) -> list[children.ChildInfo]:
        """Return what `which_children` shows."""
        return [child.row(None) for child in self.children.values()]

    def options(self) -> dict[str, Any]:
        """Return the options of the supervisor."""
        return {
            field.name: getattr(self.flags, field.name) for field in dataclasses.fields(self.flags)
        }

    # --- ends and restarts

    async def ended(self, pid: Pid[Any], reason: object) -> bool:
        """Do what the end of a child calls for; tell whether the supervisor goes on."""
        child = self.children.get(pid)
        if child is None or not child.runs:
            return True
        restart = child.spec.restart
        if restart != "permanent" and children.is_clean(reason):
            del self.children[pid]
            return True
        self.report(supervisor_reports.TERMINATED, reason, child)
        if restart == "temporary":
            del self.children[pid]
            return True
        delay = child.delay(children.now())
        if delay == 0:
            return await self.restart(pid, child)
        child.attempt_later(pid, delay)
        return True

    async def attempt(self, attempt: Attempt) -> bool:
        """Try again to start a child; False if that is too often."""
        child = self.children.get(attempt.id)
        if child is None or child.runs or child.ticket != attempt.ticket:
            return True  # it has been stopped in the meantime
        return await self.restart(attempt.id, child)

    async def restart(self, pid: Pid[Any], child: Child) -> bool:
        """Start a child again, whose last Pid is `pid`; False if that is too often."""
        if not self.intensity.allows(children.now()):
            self.report(supervisor_reports.CAUSED_SHUTDOWN, "reached_max_restart_intensity", child)
            del self.children[pid]
            return False
        child.restarts += 1
        child.in_a_row += 1
        try:
            made = await children.start(child.spec, self.flags.extra_arguments)
        except Exception as error:
            reason = children.why_not_started(error)
            self.report(supervisor_reports.FAILED_TO_START, reason, child)
            child.attempt_later(pid, child.delay(children.now()))
            return True
        del self.children[pid]
        if made is not None:
            self.keep(child, made)
        return True

    # --- the end

    async def stop_all(self) -> None:
        """Tell all children to stop, then wait for each as long as its spec allows."""
        waiting: dict[Ref, Child] = {}
        limits: dict[float, list[Child]] = {}
        for child in self.children.values():
            child.forget_attempt()
            if not child.runs:
                continue
            waiting[monitor(child.pid)] = child
            shutdown: Any = child.spec.shutdown
            if shutdown == "brutal_kill":
                kill(child.pid)
                continue
            exit(child.pid, "shutdown")
            if shutdown is not None:
                limits.setdefault(shutdown, []).append(child)
        since = children.now()
        for limit in sorted(limits):
            await self.gather(waiting, since + limit)
            for child in limits[limit]:
                if child.runs:
                    kill(child.pid)
        await self.gather(waiting, None)
        self.children.clear()

    async def gather(self, waiting: dict[Ref, Child], until: float | None) -> None:
        """Wait for the ends of those that are `waiting`, and take them out."""
        while waiting:
            left = None if until is None else max(0.0, until - children.now())
            message = await receive(timeout=left, default=_LATE)
            if message is _LATE:
                return
            if type(message) is Exit:
                # One that was dead before says why over its link, and there alone.
                self.judge(self.children.get(message.pid), message.reason)
            elif type(message) is Down:
                self.judge(waiting.pop(message.ref, None), message.reason)

    def judge(self, child: Child | None, reason: object) -> None:
        """Report a child that was told to stop and has ended in another way."""
        if child is None or not child.runs:
            return
        if not children.is_expected(reason, child.spec):
            self.report(supervisor_reports.SHUT_DOWN_ABNORMALLY, reason, child)
        child.pid = None

    def report(self, what: str, reason: object, child: Child) -> None:
        """Report what has happened to a child."""
        supervisor_reports.report_child(self.shown, what, reason, child.spec, child.pid)
