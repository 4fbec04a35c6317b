"""Supervisor: a process that starts others, watches them, and starts them again.

Elixir: Supervisor.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from types import CoroutineType
from typing import Any

from aquavit.core import requests
from aquavit.core.exits import NoProcess, ServerExit
from aquavit.core.ids import Pid
from aquavit.core.signals import Exit
from aquavit.otp import supervisor_reports
from aquavit.otp.child_spec import ChildSpec, spec_of
from aquavit.otp.children import ChildCount, ChildInfo, counted
from aquavit.otp.gen_server import GenServer
from aquavit.otp.methods import Server
from aquavit.otp.results import IGNORE, Stop
from aquavit.otp.supervision import Attempt, Supervision, SupervisorSpec
from aquavit.process import self as self_pid
from aquavit.process import trap_exit, unlink

__all__ = ["Supervisor", "ask"]

_FLAGS = ("strategy", "max_restarts", "max_seconds", "auto_shutdown")


async def ask(supervisor: Server, request: Any) -> Any:
    """Ask a supervisor, for as long as it takes; what it refuses is raised here."""
    outcome, value = await requests.call(supervisor, request, None)
    if outcome == "error":
        raise value
    return value


class Supervisor(GenServer):
    """Starts its children in order, restarts those that end, and stops them in reverse.

    `start_link(children, strategy=...)` starts one. A class of its own gives the same
    from `init`:

        class Shop(Supervisor):
            def init(self, stock):
                return Supervisor.spec([(Stock, stock), Orders], strategy="rest_for_one")

    The strategy says who is restarted when a child ends: "one_for_one" only that child,
    "one_for_all" all of them, "rest_for_one" it and those started after it. More than
    `max_restarts` within `max_seconds` seconds end the supervisor with "shutdown".

    Example:
        >>> class Counter(GenServer):
        ...     def init(self, value=0):
        ...         self.value = value
        ...     def handle_call(self, request, from_):
        ...         self.value += request
        ...         return self.value
        >>> async def main():
        ...     await Supervisor.start_link([Counter.child_spec(40, name="counter")])
        ...     return await GenServer.call("counter", 2)
        >>> run(main)
        42

    Elixir: Supervisor.
    """

    __slots__ = ("_supervision",)

    _supervision: Supervision

    # --- what a class of its own defines

    def init(self, *args: Any, **kwargs: Any) -> Any:
        """Return the children and how they are supervised.

        Args:
            args: for a class of its own, what `start_link` is given; for `Supervisor`
                itself the children, see `spec`.
            kwargs: the same.

        Returns:
            `Supervisor.spec(...)`, or `IGNORE`.

        Elixir: init/1.
        """
        return Supervisor.spec(*args, **kwargs)

    @staticmethod
    def spec(
        children: Iterable[Any] = (),
        *,
        strategy: str = "one_for_one",
        max_restarts: int = 3,
        max_seconds: float = 5.0,
        auto_shutdown: str = "never",
    ) -> SupervisorSpec:
        """Return what `init` returns.

        Args:
            children: ChildSpecs, behaviours or `(behaviour, *args)`, in the order of
                their start.
            strategy: "one_for_one", "one_for_all" or "rest_for_one".
            max_restarts: how many restarts are allowed...
            max_seconds: ... within this many seconds.
            auto_shutdown: "never", "any_significant": the supervisor ends when a
                significant child has ended by itself, or "all_significant": when all have.

        Raises:
            TypeError, ValueError: one of them is wrong.

        Example:
            >>> Supervisor.spec([], strategy="one_for_all").strategy
            'one_for_all'

        Elixir: Supervisor.init/2.
        """
        return SupervisorSpec(tuple(children), strategy, max_restarts, max_seconds, auto_shutdown)

    @classmethod
    def child_spec(cls, *args: Any, **overrides: Any) -> ChildSpec:
        """Return how another supervisor starts this one: `start_link(*args)`.

        Args:
            args: for `start_link`.
            overrides: fields of `ChildSpec`; `name`, and for `Supervisor` itself the
                options of `spec`, are passed on to `start_link`.

        Example:
            >>> Supervisor.child_spec([], strategy="one_for_all", id="inner").type
            'supervisor'

        Elixir: child_spec/1.
        """
        passed = _FLAGS if cls is Supervisor else ()
        return ChildSpec.of(cls, cls.start_link, args, overrides, passed, type="supervisor")

    # --- using

    @staticmethod
    async def which_children(supervisor: Server) -> list[ChildInfo]:
        """Return a row for each child, the last started first.

        Args:
            supervisor: a Pid, a name, `(name, node)` or a Via.

        Raises:
            NoProcess, ServerExit: the supervisor is not alive.

        Example:
            >>> async def main():
            ...     sup = await Supervisor.start_link([Supervisor.child_spec([], id="inner")])
            ...     return [(row.id, row.type) for row in await Supervisor.which_children(sup)]
            >>> run(main)
            [('inner', 'supervisor')]

        Elixir: Supervisor.which_children/1.
        """
        return await ask(supervisor, "which_children")  # type: ignore[no-any-return]

    @staticmethod
    async def count_children(supervisor: Server) -> ChildCount:
        """Count the children.

        Args:
            supervisor: a Pid, a name, `(name, node)` or a Via.

        Raises:
            NoProcess, ServerExit: the supervisor is not alive.

        Example:
            >>> async def main():
            ...     return await Supervisor.count_children(await Supervisor.start_link([]))
            >>> run(main)
            ChildCount(specs=0, active=0, supervisors=0, workers=0)

        Elixir: Supervisor.count_children/1.
        """
        return await ask(supervisor, "count_children")  # type: ignore[no-any-return]

    @staticmethod
    async def start_child(supervisor: Server, child: Any) -> Any:
        """Add a child after the others, and start it.

        Args:
            supervisor: a Pid, a name, `(name, node)` or a Via.
            child: a ChildSpec, a behaviour or `(behaviour, *args)`.

        Returns:
            What its start function gives: the Pid, `(Pid, info)`, or None for a child that
            chose not to start.

        Raises:
            AlreadyStarted: a child with its id runs.
            ChildError: a child with its id is there, but does not run.
            Exception: what its start raised; the child is forgotten.

        Example:
            >>> class Sleeper(GenServer):
            ...     def init(self): ...
            >>> async def main():
            ...     sup = await Supervisor.start_link([])
            ...     return is_alive(await Supervisor.start_child(sup, Sleeper))
            >>> run(main)
            True

        Elixir: Supervisor.start_child/2.
        """
        return await ask(supervisor, ("start_child", spec_of(child)))

    @staticmethod
    async def terminate_child(supervisor: Server, id: Any) -> None:
        """Stop a child, which is not restarted; unless it is temporary its spec is kept.

        Args:
            supervisor: a Pid, a name, `(name, node)` or a Via.
            id: of the child; stopping one that does not run does nothing.

        Raises:
            NoChild: there is none.

        Elixir: Supervisor.terminate_child/2.
        """
        await ask(supervisor, ("terminate_child", id))

    @staticmethod
    async def restart_child(supervisor: Server, id: Any) -> Any:
        """Start a child that has been stopped, at its old place.

        Args:
            supervisor: a Pid, a name, `(name, node)` or a Via.
            id: of the child.

        Returns:
            As `start_child`.

        Raises:
            NoChild: there is none.
            ChildError: it runs, or waits for its next attempt to start.
            Exception: what its start raised.

        Elixir: Supervisor.restart_child/2.
        """
        return await ask(supervisor, ("restart_child", id))

    @staticmethod
    async def delete_child(supervisor: Server, id: Any) -> None:
        """Forget a child that has been stopped.

        Args:
            supervisor: a Pid, a name, `(name, node)` or a Via.
            id: of the child.

        Raises:
            NoChild: there is none.
            ChildError: it runs, or waits for its next attempt to start.

        Elixir: Supervisor.delete_child/2.
        """
        await ask(supervisor, ("delete_child", id))

    @classmethod
    @asynccontextmanager
    async def running(cls, *args: Any, **kwargs: Any) -> AsyncIterator[Pid[Any]]:
        """Run a supervisor for the length of an `async with`.

        It is linked to the caller, a process or an asyncio task, and stopped in order when
        the block ends, however that ends.

        Args:
            args, kwargs: for `start_link`.

        Example:
            >>> class Sleeper(GenServer):
            ...     def init(self): ...
            >>> async def main():
            ...     async with Supervisor.running([Sleeper]) as sup:
            ...         return (await Supervisor.count_children(sup)).active
            >>> run(main)
            1

        Elixir: none; ExUnit's start_supervised/2 is like it.
        """
        supervisor = await cls.start_link(*args, **kwargs)
        try:
            yield supervisor
        finally:
            unlink(supervisor)
            # If it has ended by itself, the link has told the caller.
            with suppress(NoProcess, ServerExit):
                await GenServer.stop(supervisor, "shutdown")

    # --- the supervisor's side

    async def _set_up(self, *args: Any, **kwargs: Any) -> Any:
        trap_exit(True)
        spec = self.init(*args, **kwargs)
        if type(spec) is CoroutineType:
            spec = await spec
        if spec is IGNORE or type(spec) is Stop:
            return spec
        if not isinstance(spec, SupervisorSpec):
            return Stop(("bad_return", (type(self).__qualname__, "init", spec)))
        shown = supervisor_reports.shown(type(self), self._loop.name, self_pid())
        self._supervision = Supervision(spec, shown)
        failed = await self._supervision.start_all()
        if failed is None:
            return None
        return Stop(("shutdown", ("failed_to_start_child", failed.child.spec.id, failed.reason)))

    async def handle_call(self, request: Any, from_: Any) -> Any:
        """Serve the functions above."""
        try:
            return "ok", await self._serve(request)
        except Exception as error:
            return "error", error

    async def _serve(self, request: Any) -> Any:
        supervision = self._supervision
        match request:
            case "which_children":
                return supervision.rows()
            case "count_children":
                return counted(supervision.children.values())
            case ("start_child", spec):
                return await supervision.start_child(spec)
            case ("terminate_child", id):
                return await supervision.terminate_child(id)
            case ("restart_child", id):
                return await supervision.restart_child(id)
            case ("delete_child", id):
                return supervision.delete_child(id)
        raise ValueError(f"expected a request to a supervisor, got {request!r}")

    def handle_cast(self, request: Any) -> None:
        """Log what nobody should have sent."""
        supervisor_reports.report_unexpected(request)

    async def handle_info(self, message: Any) -> Any:
        """Look after a child that has ended."""
        if type(message) is Exit:
            goes_on = await self._supervision.ended(message.pid, message.reason)
        elif type(message) is Attempt:
            goes_on = await self._supervision.attempt(message)
        else:
            supervisor_reports.report_unexpected(message)
            return None
        return None if goes_on else Stop("shutdown")

    async def terminate(self, reason: Any) -> None:
        """Stop the children, the last one first."""
        await self._supervision.stop_all()

    def get_state(self) -> Any:
        """Return the options and the rows of the children, as a dict."""
        flags = self._supervision.flags
        return {
            **{field: getattr(flags, field) for field in _FLAGS},
            "children": self._supervision.rows(),
        }

    def set_state(self, state: Any) -> None:
        """Refuse: children are changed by the functions of the supervisor.

        Raises:
            TypeError: always.
        """
        raise TypeError(
            "replace_state: a supervisor's state cannot be replaced\nchildren are changed by"
            " start_child, terminate_child and delete_child"
        )
