"""The children of one supervisor, and its rules: who is restarted, and who with it.

Everything here runs in the supervisor's process, one thing after the other; what waits
(for a child to start or to stop) lets messages queue up.

Erlang: supervisor.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aquavit.core.exits import brief
from aquavit.core.ids import Pid
from aquavit.core.records import record
from aquavit.otp import children, supervisor_reports
from aquavit.otp.child_spec import ChildSpec, spec_of
from aquavit.otp.children import RESTARTING, Attempt, Child, Failed
from aquavit.otp.gen import AlreadyStarted
from aquavit.otp.intensity import Intensity

__all__ = ["Supervision", "SupervisorSpec"]

#: What can be iterated, and yet is no list of children.
_NO_LISTS: Final = (ChildSpec, str, Mapping)
STRATEGIES: Final = ("one_for_one", "one_for_all", "rest_for_one")
AUTO_SHUTDOWNS: Final = ("never", "any_significant", "all_significant")


@record
class SupervisorSpec:
    """What a supervisor's `init` returns; `Supervisor.spec` makes it.

    Elixir: {:ok, {flags, children}} of Supervisor.init/2.
    """

    children: tuple[ChildSpec, ...] = ()
    strategy: str = "one_for_one"
    max_restarts: int = 3
    max_seconds: float = 5.0
    auto_shutdown: str = "never"

    def __post_init__(self) -> None:
        check_choice("strategy", self.strategy, STRATEGIES)
        check_choice("auto_shutdown", self.auto_shutdown, AUTO_SHUTDOWNS)
        check_intensity(self.max_restarts, self.max_seconds)
        if not isinstance(self.children, Iterable) or isinstance(self.children, _NO_LISTS):
            raise TypeError(f"supervisor: expected a list of children, got {brief(self.children)}")
        specs = []
        known = set()
        for number, child in enumerate(self.children):
            where = f"children[{number}]"
            try:
                spec = spec_of(child)
            except TypeError as error:
                raise TypeError(f"supervisor: {where}: {error}") from error
            if spec.id in known:
                raise ValueError(
                    "supervisor: expected distinct ids of children,"
                    f" got {where}.id={spec.id!r} twice"
                    "\ngive each an id of its own: child_spec(..., id=...)"
                )
            known.add(spec.id)
            self.check_significant(spec, where)
            specs.append(spec)
        object.__setattr__(self, "children", tuple(specs))

    def check_significant(self, spec: ChildSpec, where: str) -> None:
        """Raise unless a significant child, called `where`, can do what it is meant for.

        Raises:
            ValueError: it cannot.
        """
        if not spec.significant:
            return
        if self.auto_shutdown == "never":
            raise ValueError(
                f"supervisor: {where}.significant: True needs auto_shutdown='any_significant'"
                " or 'all_significant', got 'never'"
            )
        if spec.restart == "permanent":
            raise ValueError(
                f"supervisor: {where}.significant: True needs restart='transient' or"
                " 'temporary', got 'permanent', which never ends by itself"
            )


def check_choice(field: str, value: object, allowed: tuple[str, ...]) -> None:
    """Raise unless `value` is one of `allowed`.

    Raises:
        ValueError: it is not.
    """
    if value not in allowed:
        raise ValueError(f"supervisor: expected {field} to be one of {allowed}, got {brief(value)}")


def check_id(action: str, id: Any) -> None:
    """Raise unless a child could have this id.

    Raises:
        TypeError: it has no hash.
    """
    try:
        hash(id)
    except TypeError:
        raise TypeError(f"{action}: expected the id of a child, got {brief(id)}") from None


def check_intensity(max_restarts: Any, max_seconds: Any) -> None:
    """Raise unless a supervisor can count by these.

    Raises:
        ValueError: it cannot.
    """
    if type(max_restarts) is not int or max_restarts < 0:
        raise ValueError(
            "supervisor: expected max_restarts to be an int of 0 or more,"
            f" got {brief(max_restarts)}"
        )
    is_number = isinstance(max_seconds, (int, float)) and not isinstance(max_seconds, bool)
    if not is_number or not 0 < max_seconds < math.inf:
        raise ValueError(
            f"supervisor: expected max_seconds to be a number above 0, got {brief(max_seconds)}"
        )


class Supervision:
    """The children of a supervisor.

    children   id -> Child, in the order of their start
    running    Pid -> Child, of those that run
    intensity  counts the restarts
    """

    __slots__ = ("children", "flags", "intensity", "running", "shown")

    def __init__(self, spec: SupervisorSpec, shown: str) -> None:
        self.flags = dataclasses.replace(spec, children=())
        self.shown = shown
        self.children = {each.id: Child(each) for each in spec.children}
        self.running: dict[Pid[Any], Child] = {}
        self.intensity = Intensity(spec.max_restarts, spec.max_seconds)

    # --- starting and stopping

    async def start_all(self) -> Failed | None:
        """Start the children in order; if one fails, stop those before it."""
        failed = await self.start_children(list(self.children.values()))
        if failed is not None:
            await self.stop_all()
        return failed

    async def start_children(self, some: Iterable[Child]) -> Failed | None:
        """Start some children in order, until one fails."""
        for child in some:
            failed = await self.start_reported(child)
            if failed is not None:
                return failed
        return None

    async def start_reported(self, child: Child) -> Failed | None:
        """Start one child; a failure is reported and returned."""
        try:
            await self.start(child)
        except Exception as error:
            reason = children.why_not_started(error)
            self.report(supervisor_reports.FAILED_TO_START, reason, child)
            return Failed(child, reason)
        return None

    async def start(self, child: Child) -> Any:
        """Start one child, which does not run; return what its start function gave.

        Raises:
            Exception: it could not be started.
        """
        made = await children.start(child.spec)
        child.forget_attempt()
        child.started_at = children.now()
        child.started(made)
        if child.pid is not None:
            self.running[child.pid] = child
        elif child.spec.restart == "temporary":
            self.children.pop(child.spec.id, None)
        return made

    async def stop_all(self) -> None:
        """Stop all children, the last one first."""
        await self.stop_children(list(self.children.values()))

    async def stop_children(self, some: list[Child]) -> None:
        """Stop some children, the last one first; temporary ones are forgotten."""
        for child in reversed(some):
            await self.stop(child)

    async def stop(self, child: Child) -> None:
        """Stop one child, if it runs; a temporary one is forgotten."""
        child.forget_attempt()
        if child.runs:
            reason = await children.stop(child)
            if not children.is_expected(reason, child.spec):
                self.report(supervisor_reports.SHUT_DOWN_ABNORMALLY, reason, child)
        self.drop(child)

    def drop(self, child: Child) -> None:
        """Note that a child does not run any more; a temporary one is forgotten."""
        self.running.pop(child.pid, None)
        child.pid = None
        if child.spec.restart == "temporary":
            self.children.pop(child.spec.id, None)

    # --- a child has ended

    async def ended(self, pid: Pid[Any], reason: object) -> bool:
        """Do what the end of a child calls for; tell whether the supervisor goes on."""
        child = self.running.get(pid)
        if child is None:
            return True
        kind = child.spec.restart
        if kind != "permanent" and children.is_clean(reason):
            self.drop(child)
            return not self.ends_with(child)
        self.report(supervisor_reports.TERMINATED, reason, child)
        if kind == "temporary":
            self.drop(child)
            return not self.ends_with(child)
        return await self.revive(child)

    def ends_with(self, child: Child) -> bool:
        """Tell whether the end of `child` ends the supervisor too."""
        mode = self.flags.auto_shutdown
        if not child.spec.significant or mode == "never":
            return False
        if mode == "any_significant":
            return True
        # One that waits for its next attempt to start has not ended.
        left = (each for each in self.children.values() if each.pid is not None)
        return not any(each.spec.significant for each in left)

    # --- restarts

    async def revive(self, child: Child) -> bool:
        """Restart a child that has ended, now or later; False if that is too often."""
        delay = child.delay(children.now())
        if delay == 0:
            return await self.restart(child)
        self.running.pop(child.pid, None)
        child.attempt_later(child.spec.id, delay)
        await self.stop_children(self.siblings(child))
        return True

    async def attempt(self, attempt: Attempt) -> bool:
        """Try again to start a child; False if that is too often."""
        child = self.children.get(attempt.id)
        if child is None or child.pid != RESTARTING or child.ticket != attempt.ticket:
            return True  # it has been stopped, deleted or started in the meantime
        return await self.restart(child)

    async def restart(self, child: Child) -> bool:
        """Restart a child and those that go with it; False if that is too often."""
        if not self.intensity.allows(children.now()):
            self.report(supervisor_reports.CAUSED_SHUTDOWN, "reached_max_restart_intensity", child)
            self.drop(child)
            return False
        child.restarts += 1
        child.in_a_row += 1
        self.running.pop(child.pid, None)
        child.pid = RESTARTING
        siblings = self.siblings(child)
        await self.stop_children(siblings)
        if siblings:
            together = {id(each) for each in (child, *siblings)}
            failed = await self.start_children(
                [each for each in self.children.values() if id(each) in together]
            )
        else:
            failed = await self.start_reported(child)
        if failed is not None:
            again = failed.child
            again.attempt_later(again.spec.id, again.delay(children.now()))
        return True

    def siblings(self, child: Child) -> list[Child]:
        """Return the other children that are restarted with `child`, in their order."""
        strategy = self.flags.strategy
        if strategy == "one_for_one":
            return []
        found: list[Child] = []
        for each in self.children.values():
            if each is not child:
                found.append(each)
            elif strategy == "rest_for_one":
                found.clear()
        return found

    # --- on request

    def serve(self, request: Any) -> Any:
        """Do what a function of the supervisor asks for; what waits is to be awaited.

        Raises:
            Exception: it cannot be done.
        """
        match request:
            case "which_children":
                return self.rows()
            case "count_children":
                return children.counted(self.children.values())
            case ("start_child", spec):
                return self.start_child(spec)
            case ("terminate_child", id):
                return self.terminate_child(id)
            case ("restart_child", id):
                return self.restart_child(id)
            case ("delete_child", id):
                return self.delete_child(id)
        raise ValueError(f"expected a request to a supervisor, got {brief(request)}")

    async def start_child(self, spec: ChildSpec) -> Any:
        """Add a child at the end and start it; one that fails is forgotten.

        Raises:
            AlreadyStarted, ChildError: there is one with its id.
            Exception: it could not be started.
        """
        self.flags.check_significant(spec, f"child {spec.id!r}")
        known = self.children.get(spec.id)
        if known is not None and known.runs:
            raise AlreadyStarted(spec.start[0], spec.id, known.pid, "child")
        if known is not None:
            raise children.ChildError("start_child", spec.id, "already_present")
        child = Child(spec)
        made = await self.start(child)
        if made is not None or spec.restart != "temporary":
            self.children[spec.id] = child
        return made

    async def restart_child(self, id: Any) -> Any:
        """Start a child that has been stopped.

        Raises:
            NoChild, ChildError: there is none, or it is not stopped.
            Exception: it could not be started.
        """
        return await self.start(self.stopped("restart_child", id))

    async def terminate_child(self, id: Any) -> None:
        """Stop a child.

        Raises:
            NoChild: there is none.
        """
        await self.stop(self.find("terminate_child", id))

    def delete_child(self, id: Any) -> None:
        """Forget a child that has been stopped.

        Raises:
            NoChild, ChildError: there is none, or it is not stopped.
        """
        del self.children[self.stopped("delete_child", id).spec.id]

    def find(self, action: str, id: Any) -> Child:
        """Return the child with an id.

        Raises:
            NoChild: there is none.
        """
        child = self.children.get(id)
        if child is None:
            raise children.NoChild(action, id)
        return child

    def stopped(self, action: str, id: Any) -> Child:
        """Return the child with an id, which must not run.

        Raises:
            NoChild, ChildError: there is none, or it is not stopped.
        """
        child = self.find(action, id)
        if child.pid is not None:
            raise children.ChildError(action, id, "running" if child.runs else RESTARTING)
        return child

    def rows(self) -> list[children.ChildInfo]:
        """Return what `which_children` shows: the last started first."""
        return [child.row(child.spec.id) for child in reversed(self.children.values())]

    def options(self) -> dict[str, Any]:
        """Return the options of the supervisor."""
        options = dataclasses.asdict(self.flags)
        del options["children"]
        return options

    def report(self, what: str, reason: object, child: Child) -> None:
        """Report what has happened to a child."""
        supervisor_reports.report_child(self.shown, what, reason, child.spec, child.pid)
