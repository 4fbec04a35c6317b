"""DynamicSupervisor: starts children on demand, as many as there are to be.

Each step costs the same, however many children there are.

Elixir: DynamicSupervisor.
"""

from __future__ import annotations

from typing import Any

from aquavit.core.exits import brief
from aquavit.core.ids import Pid
from aquavit.core.records import record
from aquavit.otp.child_spec import ChildSpec, spec_of
from aquavit.otp.dynamic_supervision import DynamicSupervision
from aquavit.otp.methods import Server
from aquavit.otp.supervising import Supervising, ask
from aquavit.otp.supervision import check_choice, check_intensity

__all__ = ["DynamicSupervisor", "DynamicSupervisorSpec"]

_FLAGS = ("strategy", "max_restarts", "max_seconds", "max_children", "extra_arguments")


@record
class DynamicSupervisorSpec:
    """What a dynamic supervisor's `init` returns; `DynamicSupervisor.spec` makes it.

    Elixir: {:ok, flags} of DynamicSupervisor.init/1.
    """

    strategy: str = "one_for_one"
    max_restarts: int = 3
    max_seconds: float = 5.0
    max_children: int | None = None
    extra_arguments: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        check_choice("strategy", self.strategy, ("one_for_one",))
        check_intensity(self.max_restarts, self.max_seconds)
        most = self.max_children
        if most is not None and (type(most) is not int or most < 0):
            raise ValueError(
                "supervisor: expected max_children to be an int of 0 or more, or None,"
                f" got {brief(most)}"
            )
        if not isinstance(self.extra_arguments, (tuple, list)):
            raise ValueError(
                "supervisor: expected extra_arguments to be a tuple,"
                f" got {brief(self.extra_arguments)}"
            )
        object.__setattr__(self, "extra_arguments", tuple(self.extra_arguments))


class DynamicSupervisor(Supervising):
    """A supervisor that starts with no children; `start_child` adds them.

    Children are known by their Pids; their ids do not matter. They are restarted
    one for one, and stopped all at once.

    Example:
        >>> class Echo(GenServer):
        ...     def init(self, word):
        ...         self.word = word
        ...     def handle_call(self, request, from_):
        ...         return self.word
        >>> async def main():
        ...     sup = await DynamicSupervisor.start_link()
        ...     echoes = [await DynamicSupervisor.start_child(sup, (Echo, w)) for w in "ab"]
        ...     return [await GenServer.call(echo, "say") for echo in echoes]
        >>> run(main)
        ['a', 'b']

    Elixir: DynamicSupervisor.
    """

    __slots__ = ()

    def init(self, *args: Any, **kwargs: Any) -> Any:
        """Return how the children are supervised.

        Args:
            args: what `start_link` is given.
            kwargs: the same; for `DynamicSupervisor` itself the options of `spec`.

        Returns:
            `DynamicSupervisor.spec(...)`, or `IGNORE`.

        Elixir: init/1.
        """
        return DynamicSupervisor.spec(*args, **kwargs)

    @staticmethod
    def spec(
        *,
        strategy: str = "one_for_one",
        max_restarts: int = 3,
        max_seconds: float = 5.0,
        max_children: int | None = None,
        extra_arguments: tuple[Any, ...] = (),
    ) -> DynamicSupervisorSpec:
        """Return what `init` returns.

        Args:
            strategy: "one_for_one" is the only one.
            max_restarts: how many restarts are allowed...
            max_seconds: ... within this many seconds.
            max_children: how many children there may be; None for no limit.
            extra_arguments: put in front of the arguments of each child's start function.

        Raises:
            ValueError: one of them is wrong.

        Example:
            >>> DynamicSupervisor.spec(max_children=10).max_children
            10

        Elixir: DynamicSupervisor.init/1.
        """
        return DynamicSupervisorSpec(
            strategy, max_restarts, max_seconds, max_children, extra_arguments
        )

    @classmethod
    def child_spec(cls, *args: Any, **overrides: Any) -> ChildSpec:
        """Return how another supervisor starts this one: `start_link(*args)`.

        Args:
            args: for `start_link`.
            overrides: fields of `ChildSpec`; `name`, and for `DynamicSupervisor` itself
                the options of `spec`, are passed on to `start_link`. The id is the name,
                where there is one.

        Example:
            >>> DynamicSupervisor.child_spec(name="sessions").id
            'sessions'

        Elixir: DynamicSupervisor.child_spec/1.
        """
        passed = _FLAGS if cls is DynamicSupervisor else ()
        overrides.setdefault("id", overrides.get("name") or cls.__name__)
        return ChildSpec.of(cls, cls.start_link, args, overrides, passed, type="supervisor")

    @staticmethod
    async def start_child(supervisor: Server, child: Any) -> Any:
        """Start a child.

        It belongs to the supervisor: a caller that is cancelled meanwhile, as by
        `asyncio.timeout`, or that ends, leaves it running. `which_children` shows it.

        Args:
            supervisor: a Pid, a name, `(name, node)` or a Via.
            child: a ChildSpec, a behaviour or `(behaviour, *args)`.

        Returns:
            What its start function gives: the Pid, `(Pid, info)`, or None for a child that
            chose not to start, which is forgotten.

        Raises:
            StartError: there are `max_children` already; its `reason` is "max_children".
            Exception: what its start raised; the child is forgotten.

        Example:
            >>> class Sleeper(GenServer):
            ...     def init(self): ...
            >>> async def main():
            ...     sup = await DynamicSupervisor.start_link()
            ...     return is_alive(await DynamicSupervisor.start_child(sup, Sleeper))
            >>> run(main)
            True

        Elixir: DynamicSupervisor.start_child/2.
        """
        return await ask(supervisor, ("start_child", spec_of(child)))

    @staticmethod
    async def terminate_child(supervisor: Server, pid: Pid[Any]) -> None:
        """Stop a child and forget it.

        Args:
            supervisor: a Pid, a name, `(name, node)` or a Via.
            pid: of the child; its last one while it waits for its next attempt to start.

        Raises:
            NoChild: there is none.
            TypeError: `pid` is no Pid.

        Elixir: DynamicSupervisor.terminate_child/2.
        """
        if type(pid) is not Pid:
            raise TypeError(f"terminate_child: expected the Pid of a child, got {brief(pid)}")
        await ask(supervisor, ("terminate_child", pid))

    @staticmethod
    def _supervise(spec: Any, shown: str) -> Any:
        return DynamicSupervision(spec, shown) if isinstance(spec, DynamicSupervisorSpec) else None
