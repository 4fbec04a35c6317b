"""Records: frozen dataclasses with slots, at half the price to make.

`dataclass` compiles six functions for each class, at each start of a program. Half of them
can be the same for all: what they do is what its own would do.

Erlang: records.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar, dataclass_transform

__all__ = ["record"]

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def record(cls: type[T]) -> type[T]:
    """Make of a class what `dataclass(frozen=True, slots=True)` makes of it."""
    shared: Any = cls
    shared.__eq__, shared.__hash__ = _equal, _hash
    if "__repr__" not in vars(cls):
        shared.__repr__ = _repr
    made: type[T] = dataclass(frozen=True, slots=True, repr=False, eq=False)(shared)
    return made


def _values(one: Any) -> tuple[Any, ...]:
    return tuple([getattr(one, name) for name in one.__match_args__])


def _repr(one: Any) -> str:
    fields = zip(one.__match_args__, _values(one), strict=True)
    shown = ", ".join(f"{name}={value!r}" for name, value in fields)
    return f"{type(one).__qualname__}({shown})"


def _equal(one: Any, other: Any) -> bool:
    return _values(one) == _values(other) if type(other) is type(one) else NotImplemented


def _hash(one: Any) -> int:
    return hash(_values(one))
