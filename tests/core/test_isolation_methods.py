"""Bound methods in messages: those of a class, and of anything immutable, pass as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aquavit import GenServer
from aquavit.core import isolation


class Server(GenServer):
    """A behaviour whose spec travels."""

    def init(self, argument: Any = None) -> None:
        """Take anything."""


class Basket:
    """Holds something that can change."""

    def __init__(self) -> None:
        self.items: list[int] = []

    def add(self, item: int) -> None:
        self.items.append(item)


@dataclass(frozen=True)
class Unset:
    """A record whose second field may be unset."""

    __slots__ = ("a", "b")
    a: int
    b: int


def test_a_spec_of_immutable_arguments_is_not_copied() -> None:
    spec = Server.child_spec(1)
    assert isolation.isolate(spec) is spec


def test_a_spec_has_its_own_copy_of_other_arguments() -> None:
    items = [1]
    own = isolation.isolate(Server.child_spec(items))
    assert own.start[1] == items
    assert own.start[1] is not items


def test_a_method_of_something_that_can_change_is_copied_with_it() -> None:
    basket = Basket()
    own = isolation.isolate((basket.add,))[0]
    own(1)
    assert basket.items == []


def test_a_record_with_an_unset_slot_is_copied() -> None:
    record = Unset.__new__(Unset)
    object.__setattr__(record, "a", 1)
    assert isolation.isolate(record).a == 1
