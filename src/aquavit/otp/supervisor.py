"""Supervisor: a process that starts others, watches them, and starts them again.

Elixir: Supervisor.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aquavit.otp.child_spec import ChildSpec, spec_of
from aquavit.otp.methods import Server
from aquavit.otp.supervising import Supervising, ask
from aquavit.otp.supervision import Supervision, SupervisorSpec, check_id

__all__ = ["Supervisor"]

_FLAGS = ("strategy", "max_restarts", "max_seconds", "auto_shutdown")


class Supervisor(Supervising):
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

    __slots__ = ()

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
        return SupervisorSpec(
            children,  # type: ignore[arg-type]  # which it makes a tuple of specs
            strategy,
            max_restarts,
            max_seconds,
            auto_shutdown,
        )

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
        check_id("terminate_child", id)
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
        check_id("restart_child", id)
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
        check_id("delete_child", id)
        await ask(supervisor, ("delete_child", id))

    @staticmethod
    def _supervise(spec: Any, shown: str) -> Any:
        return Supervision(spec, shown) if isinstance(spec, SupervisorSpec) else None
