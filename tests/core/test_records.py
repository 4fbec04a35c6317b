"""`record` makes what `dataclass(frozen=True, slots=True)` makes."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any, Generic, TypeVar

import pytest

from aquavit.core.records import record

T_co = TypeVar("T_co", covariant=True)


@record
class Point:
    """One made by `record`."""

    x: Any
    y: Any = 2


@record
class Box(Generic[T_co]):
    """A generic one, which checks its value."""

    value: T_co

    def __post_init__(self) -> None:
        if self.value is None:
            raise ValueError("nothing")

    def __repr__(self) -> str:
        return "a box"


Other = dataclasses.make_dataclass("Other", [("x", Any), ("y", Any, 2)], frozen=True, slots=True)


def test_it_is_a_frozen_dataclass_with_slots() -> None:
    point = Point(1)
    assert dataclasses.is_dataclass(Point)
    assert dataclasses.astuple(point) == (1, 2)
    assert dataclasses.replace(point, y=3) == Point(1, 3)
    assert not hasattr(point, "__dict__")
    for change in (lambda: setattr(point, "x", 3), lambda: delattr(point, "x")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            change()
    match point:
        case Point(x, y):
            assert (x, y) == (1, 2)


@pytest.mark.parametrize("values", [(1,), (1, 2), ("a", [])])
def test_it_compares_and_shows_itself_as_a_dataclass_does(values: tuple[Any, ...]) -> None:
    ours, theirs = Point(*values), Other(*values)
    assert repr(ours) == repr(theirs).replace("Other", "Point")
    assert ours == Point(*values)
    assert (ours != theirs, ours == (1, 2)) == (True, False)
    for one in (ours, theirs):
        if values == ("a", []):
            with pytest.raises(TypeError, match="unhashable"):
                hash(one)
    if values != ("a", []):
        assert hash(ours) == hash(theirs)
        assert hash(ours) == hash(Point(*values))


def test_a_method_of_the_class_is_kept() -> None:
    assert repr(Box(1)) == "a box"
    with pytest.raises(ValueError, match="nothing"):
        Box(None)


def test_it_can_be_copied_and_pickled() -> None:
    point = Point([1])
    for twin in (copy.deepcopy(point), pickle.loads(pickle.dumps(point))):
        assert twin == point
        assert twin.x is not point.x
