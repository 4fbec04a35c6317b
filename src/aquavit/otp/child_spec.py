"""How a supervisor starts, restarts and stops one child.

Elixir: Supervisor.child_spec/0.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Self

from aquavit.core.exits import brief
from aquavit.otp.backoff import Backoff

__all__ = ["FORGOTTEN", "ChildSpec", "spec_of"]

#: In place of the arguments of a child that is never started again.
FORGOTTEN: Any = object()

_RESTARTS = ("permanent", "transient", "temporary")
_TYPES = ("worker", "supervisor")
#: Stands for 5 seconds, and for a supervisor for no limit.
_BY_TYPE: Any = "by type"


class _Fields(NamedTuple):
    id: Any
    start: tuple[Any, ...]
    restart: str
    shutdown: float | str | None
    type: str
    significant: bool
    kwargs: tuple[tuple[str, Any], ...]
    backoff: Backoff | None


class ChildSpec(_Fields):
    """How a supervisor starts, restarts and stops one child.

    Args:
        id: what the supervisor knows the child by; unique among its children.
        start: `(fn, *args)`, called in the supervisor and awaited if it can be; it gives
            the Pid of a linked process, or None for a child that chose not to start.
        restart: "permanent": always; "transient": unless it ended "normal", "shutdown" or
            ("shutdown", ...); "temporary": never.
        shutdown: seconds that it gets to stop; None for as long as it takes;
            "brutal_kill" to kill it. By default 5 s, and None for a supervisor.
        type: "worker" or "supervisor".
        significant: its end may end the supervisor, see `auto_shutdown`.
        kwargs: named arguments of `start`, a dict; kept as a tuple of pairs.
        backoff: makes restarts in a row wait; None restarts at once, always.

    Raises:
        TypeError, ValueError: a field is wrong.

    Example:
        >>> ChildSpec("sleeper", (Task.start_link, sleep, None)).restart
        'permanent'

    Elixir: a child specification map.
    """

    # A named tuple, and no dataclass: one is made, and sent, for each child that is started.
    __slots__ = ()

    def __new__(
        cls,
        id: Any,
        start: tuple[Any, ...],
        restart: str = "permanent",
        shutdown: float | str | None = _BY_TYPE,
        type: str = "worker",
        significant: bool = False,
        kwargs: Mapping[str, Any] | tuple[tuple[str, Any], ...] = (),
        backoff: Backoff | None = None,
    ) -> Self:
        """Check the fields; `shutdown` depends on the type."""
        if kwargs != ():
            kwargs = _pairs(id, kwargs)
        if shutdown is _BY_TYPE:
            shutdown = None if type == "supervisor" else 5.0
        spec = tuple.__new__(
            cls, (id, start, restart, shutdown, type, significant, kwargs, backoff)
        )
        if (
            id.__class__ is not str
            or start.__class__ is not tuple
            or not start
            or not callable(start[0])
            or not isinstance(shutdown, float)
            or not shutdown >= 0.0
            or restart not in _RESTARTS
            or type not in _TYPES
            or significant
            or backoff is not None
        ):  # less common, or wrong
            spec._check()
        return spec

    def _check(self) -> None:
        """Raise unless it is well-formed.

        Raises:
            TypeError, ValueError: a field is wrong.
        """
        if not isinstance(self.start, tuple) or not self.start or not callable(self.start[0]):
            raise TypeError(
                f"ChildSpec {self.id!r}: expected start=(fn, *args), got {brief(self.start)}"
            )
        for field, value, allowed in (
            ("restart", self.restart, _RESTARTS),
            ("type", self.type, _TYPES),
            ("significant", self.significant, (True, False)),
        ):
            if value not in allowed:
                raise ValueError(
                    f"ChildSpec {self.id!r}: expected {field} to be one of {allowed}, got {value!r}"
                )
        if not _is_shutdown(self.shutdown):
            raise ValueError(
                f"ChildSpec {self.id!r}: expected shutdown in seconds, None or 'brutal_kill',"
                f" got {brief(self.shutdown)}"
            )
        if self.backoff is not None and not isinstance(self.backoff, Backoff):
            raise TypeError(
                f"ChildSpec {self.id!r}: expected backoff=Backoff(...) or None,"
                f" got {brief(self.backoff)}"
            )
        try:
            hash(self.id)
        except TypeError:
            raise TypeError(
                f"ChildSpec: expected an id that can be hashed, got {brief(self.id)}"
            ) from None

    def replace(self, **overrides: Any) -> ChildSpec:
        """Return the same with some fields changed.

        Elixir: Supervisor.child_spec/2.
        """
        return ChildSpec(**{**self._asdict(), **overrides})

    def without_arguments(self) -> ChildSpec:
        """Return the same without the arguments of its start, which may be large."""
        if len(self.start) == 1 and not self.kwargs:
            return self
        return self.replace(start=(self.start[0], FORGOTTEN), kwargs=())

    @classmethod
    def of(
        cls,
        behaviour: Any,
        start_link: Callable[..., Any],
        args: tuple[Any, ...],
        overrides: dict[str, Any],
        passed: tuple[str, ...] = (),
        **defaults: Any,
    ) -> ChildSpec:
        """Return the spec of a behaviour.

        `name`, and what `passed` names, go from the overrides to `start_link`.
        """
        if not overrides and not defaults:
            return cls(behaviour.__name__, (start_link, *args))
        fields: dict[str, Any] = {"id": behaviour.__name__, **defaults, **overrides}
        given = [(name, fields.pop(name)) for name in ("name", *passed) if name in fields]
        for name in fields.keys() - set(cls._fields):
            raise TypeError(
                f"{behaviour.__name__}.child_spec: expected fields of ChildSpec, got {name}="
                f"\nan argument for init that has a name is given as kwargs={{{name!r}: ...}}"
            )
        if given:
            fields["kwargs"] = (*given, *_pairs(fields["id"], fields.get("kwargs", ())))
        return cls(start=(start_link, *args), **fields)


def spec_of(child: Any) -> ChildSpec:
    """Return the spec of a child, as lists of children give it.

    Args:
        child: a ChildSpec, a behaviour, or `(behaviour, *args)`.

    Raises:
        TypeError: it is nothing of that kind.

    Elixir: Supervisor.child_spec/2.
    """
    if isinstance(child, ChildSpec):
        return child
    behaviour, *args = child if isinstance(child, tuple) and child else (child,)
    make = getattr(behaviour, "child_spec", None)
    if isinstance(behaviour, type) and make is not None:
        spec = make(*args)
        if isinstance(spec, ChildSpec):
            return spec
        raise TypeError(
            f"expected {behaviour.__qualname__}.child_spec to give a ChildSpec, got {brief(spec)}"
        )
    hint = "\na plain function needs Task.child_spec(fn, *args)" if callable(behaviour) else ""
    raise TypeError(
        "expected a child: a ChildSpec, a behaviour or (behaviour, *args),"
        f" got {brief(child)}{hint}"
    )


def _pairs(id: Any, kwargs: Any) -> tuple[tuple[str, Any], ...]:
    """Return named arguments as pairs: a dict could be changed, and has no hash.

    Raises:
        TypeError: they are none.
    """
    pairs = tuple(kwargs.items()) if isinstance(kwargs, Mapping) else kwargs
    if isinstance(pairs, (tuple, list)) and all(
        type(pair) is tuple and len(pair) == 2 and isinstance(pair[0], str) for pair in pairs
    ):
        return tuple(pairs)
    raise TypeError(f"ChildSpec {id!r}: expected kwargs={{name: value}}, got {brief(kwargs)}")


def _is_shutdown(value: object) -> bool:
    if value is None or value == "brutal_kill":
        return True
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    # An int may be larger than all floats, which no timer takes.
    return value == math.inf or 0 <= value <= sys.float_info.max
