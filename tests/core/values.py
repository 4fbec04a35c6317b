"""Values of many kinds, for the tests of isolation."""

from __future__ import annotations

import copy
import dataclasses
import enum
import typing
from collections.abc import Callable
from typing import Any


class Colour(enum.Enum):
    RED = "red"


class Point(typing.NamedTuple):
    x: Any
    y: Any


@dataclasses.dataclass(frozen=True)
class Frozen:
    inside: Any


@dataclasses.dataclass(frozen=True, slots=True)
class FrozenSlots:
    inside: Any


@dataclasses.dataclass
class Open:
    inside: Any


class Plain:
    def __init__(self, inside: Any) -> None:
        self.inside = inside


class Slots:
    __slots__ = ("__weakref__", "inside")

    def __init__(self, inside: Any) -> None:
        self.inside = inside


class SlotsAndMore(Slots):
    def __init__(self, inside: Any) -> None:
        super().__init__(inside)
        self.more = [inside]


class Reduced:
    """Says by `__reduce__` how it is made."""

    def __init__(self, inside: Any) -> None:
        self.inside = inside

    def __reduce__(self) -> tuple[Any, ...]:
        return Reduced, (self.inside,)


class Stateful:
    """Has a state of its own making."""

    def __init__(self, inside: Any) -> None:
        self.inside = inside

    def __getstate__(self) -> Any:
        return [self.inside]

    def __setstate__(self, state: Any) -> None:
        self.inside = state[0]


class Deep:
    def __init__(self, inside: Any) -> None:
        self.inside = inside

    def __deepcopy__(self, memo: dict[int, Any]) -> Deep:
        return Deep(copy.deepcopy(self.inside, memo))


class ListOf(list[Any]):
    pass


class DictOf(dict[Any, Any]):
    pass


class Marked(str):
    """A subclass of an immutable type, with attributes."""

    inside: Any


class MarkedPoint(Point):
    """A NamedTuple's subclass with a `__dict__`."""


class HalfFrozen(Frozen):
    """A subclass of a frozen dataclass that is none itself."""


def function() -> None: ...


HOLDERS: list[Callable[[Any], Any]] = [
    *(Frozen, FrozenSlots, Open, Plain, Slots, SlotsAndMore, Reduced, Stateful, Deep, HalfFrozen),
]
