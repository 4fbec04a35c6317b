"""Isolation: what is copied, what passes as it is, and what cannot be sent.

The property behind all of it: sender and receiver never hold one mutable object together,
unless it is shared on purpose or is a handle.
"""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import datetime
import decimal
import fractions
import functools
import io
import logging
import pathlib
import queue
import re
import socket
import sqlite3
import ssl
import tempfile
import threading
import types
import typing
import uuid
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aquavit import isolation, make_ref, process_dict, receive, self, send, share, spawn
from aquavit.core import kinds
from tests.core.values import (
    HOLDERS,
    Colour,
    Deep,
    DictOf,
    Frozen,
    FrozenSlots,
    ListOf,
    Marked,
    MarkedPoint,
    Plain,
    Point,
    Slots,
    function,
)
from tests.support import process_test, shown

isolate = isolation.isolate


PASSED = [
    *(None, True, 1, 2.5, 3j, "s", b"b", ..., NotImplemented, range(3), int, list[int], int | str),
    *(function, len, types, Colour.RED, Frozen(1), FrozenSlots("x"), Point(1, (2, "y"))),
    *((), (1, ("a", None)), frozenset({"a"}), make_ref(), re.compile("x"), uuid.UUID(int=1)),
    *(datetime.datetime(2020, 1, 1), datetime.timedelta(1), decimal.Decimal(1)),
    *(fractions.Fraction(1, 2), pathlib.PurePath("x"), ValueError("x"), str.upper, object()),
    *(typing.TypeVar("T"), dict.fromkeys, "x".upper),
]


@pytest.mark.parametrize(
    "value", PASSED, ids=lambda value: f"{type(value).__name__} {shown(value)}"[:30]
)
def test_what_cannot_change_passes_as_it_is(value: object) -> None:
    assert isolate(value) is value
    assert isolate([value])[0] is value


@pytest.mark.parametrize("make", HOLDERS, ids=lambda make: make.__name__)
def test_an_object_is_copied_with_what_it_holds(make: Callable[[Any], Any]) -> None:
    inside = {"k": [1]}
    value = make(inside)
    got = isolate(value)
    assert type(got) is type(value)
    assert got is not value
    assert got.inside == inside
    assert got.inside is not inside
    assert got.inside["k"] is not inside["k"]


@pytest.mark.parametrize("make", HOLDERS, ids=lambda make: make.__name__)
def test_an_object_may_lead_back_to_itself(make: Callable[[Any], Any]) -> None:
    ring: list[Any] = []
    value = make(ring)
    ring.append(value)
    got = isolate(value)
    assert got is not value
    assert got.inside is not ring
    assert got.inside[0] is got or got.inside[0].inside is got.inside


@pytest.mark.parametrize(
    "value",
    [
        *([1], {"a": 1}, {1, 2}, bytearray(b"x"), collections.deque([1], 3), ListOf([1])),
        *(DictOf(a=[1]), collections.OrderedDict(a=1), collections.Counter("aab")),
        *(collections.defaultdict(list, a=[1]), ([1],), Point([1], 2)),
        *(types.SimpleNamespace(a=[1]), collections.ChainMap({"a": 1}), slice([1], 2)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_container_is_copied(value: Any) -> None:
    got = isolate(value)
    assert type(got) is type(value)
    assert got == value
    assert got is not value


def test_a_subclass_keeps_its_attributes_apart() -> None:
    for value in (Marked("x"), ListOf("x"), DictOf(x=1), MarkedPoint(1, 2)):
        value.inside = [1]
        got: Any = isolate(value)
        assert type(got) is type(value)
        assert got == value
        assert got.inside == [1]
        assert got.inside is not value.inside


def test_a_cached_property_of_a_frozen_dataclass_counts() -> None:
    @dataclasses.dataclass(frozen=True)
    class Lazy:
        number: int

        @functools.cached_property
        def found(self) -> list[int]:
            return [self.number]

    value = Lazy(1)
    assert isolate(value) is value
    value.found.append(2)
    got = isolate(value)
    assert got.found == [1, 2]
    assert got.found is not value.found


def test_an_object_that_stands_twice_in_a_message_is_one_object_there() -> None:
    inside = [1]
    twice: Any = {"a": inside, "b": (inside, Plain(inside))}
    got = isolate(twice)
    assert got["a"] is got["b"][0] is got["b"][1].inside
    assert got["a"] is not inside


def test_a_tuple_in_a_cycle_is_one_tuple() -> None:
    ring: list[Any] = []
    value = (ring, 1)
    ring.append(value)
    got = isolate(value)
    assert got[0][0] is got


def test_a_set_in_a_cycle_is_one_set() -> None:
    inside = Plain(None)
    inside.inside = {inside}
    got = isolate(inside)
    assert got.inside == {got}
    assert got is not inside


def test_an_immutable_part_of_a_message_is_not_copied() -> None:
    fixed = (1, ("a", frozenset({2})), Point(1, 2))
    got = isolate([fixed])
    assert got[0] is fixed


def test_keys_are_copied_as_values_are() -> None:
    key = Frozen(Slots(1))
    (got,) = isolate({key: 1})
    assert got.inside is not key.inside


def test_a_bound_method_goes_with_its_object() -> None:
    items = [1]
    append, plain = isolate([items.append, Plain(items).__init__])
    append(2)
    assert items == [1]
    assert append.__self__ == plain.__self__.inside == [1, 2]


def test_bound_method_and_object_in_one_message_stay_together() -> None:
    items: list[int] = []
    append, got = isolate((items.append, items))
    append(1)
    assert got == [1]
    assert items == []


# --- handles


def _handles() -> Iterator[Any]:
    yield threading.Lock()
    yield threading.Event()
    yield threading.local()
    yield queue.Queue()
    yield logging.getLogger("x")
    yield io.TextIOWrapper(io.BytesIO())
    yield asyncio.Event()
    yield asyncio.Queue()
    yield asyncio.Lock()
    yield asyncio.Barrier(1)
    yield weakref.ref(Slots(1))
    yield sqlite3.connect(":memory:")
    yield ssl.create_default_context()
    yield Session()


class Session:
    """Something that is opened and closed, like the sessions of HTTP clients."""

    def __init__(self) -> None:
        self.cookies: list[str] = []

    async def __aenter__(self) -> Session:
        return self

    async def __aexit__(self, *args: object) -> None: ...


@pytest.mark.parametrize("value", list(_handles()), ids=lambda value: type(value).__name__)
def test_a_handle_passes_by_reference(value: object) -> None:
    assert isolate(value) is value
    assert isolate({"k": [value]})["k"][0] is value


def test_files_and_sockets_pass_by_reference() -> None:
    with tempfile.NamedTemporaryFile() as named, tempfile.TemporaryFile() as file:
        for value in (named, file):
            assert isolate([value])[0] is value
    a, b = socket.socketpair()
    with a, b:
        assert isolate([a])[0] is a


def test_a_file_in_memory_is_a_value() -> None:
    text = io.StringIO("ab")
    got = isolate(text)
    got.read()
    assert got is not text
    assert text.read() == "ab"


# --- on purpose


def test_what_is_shared_passes_by_reference_at_any_depth() -> None:
    table = {"a": [1]}
    assert isolate(share(table)) is table
    assert isolate([(share(table),)])[0][0] is table
    assert isolate(Plain(share(table))).inside is table
    assert isolate(Deep([share(table)])).inside[0] is table
    assert repr(share(table)) == "share({'a': [1]})"


@process_test
async def test_the_task_that_a_process_is_for_asyncio_passes_by_reference() -> None:
    task = asyncio.current_task()
    assert isolate([task])[0] is task


class Board:
    def __init__(self, cells: list[int]) -> None:
        self.cells = cells
        self.lock = (number for number in cells)  # cannot be copied


class SmallBoard(Board): ...


@pytest.fixture(name="_forget")
def forget_registrations() -> Iterator[None]:
    known = dict(kinds.CUSTOM_COPIES)
    yield
    kinds.CUSTOM_COPIES.clear()
    kinds.CUSTOM_COPIES.update(known)
    kinds.KINDS.clear()


@pytest.mark.usefixtures("_forget")
def test_a_registered_copy_is_used_for_the_type_and_its_subclasses() -> None:
    isolation.register(Board, copy=lambda board: type(board)(list(board.cells)))
    for board in (Board([1]), SmallBoard([2])):
        got, same = isolate([board, board])
        assert type(got) is type(board)
        assert got is same
        assert got.cells == board.cells
        assert got.cells is not board.cells


@pytest.mark.usefixtures("_forget")
def test_the_nearest_registration_counts() -> None:
    isolation.register(Board, reference=True)
    isolation.register(SmallBoard, copy=lambda board: SmallBoard([]))
    board, small = Board([1]), SmallBoard([1])
    assert isolate([board])[0] is board
    assert isolate([small])[0].cells == []


@pytest.mark.usefixtures("_forget")
def test_registering_changes_what_was_seen_before() -> None:
    value = Plain([1])
    assert isolate(value) is not value
    isolation.register(Plain, reference=True)
    assert isolate(value) is value


@pytest.mark.usefixtures("_forget")
def test_a_registered_copy_that_fails_is_reported_with_the_path() -> None:
    def broken(board: Board) -> Board:
        raise ValueError("broken")

    isolation.register(Board, copy=broken)
    with pytest.raises(TypeError, match=r"message\['b'\].* got Board \(ValueError: broken\)") as at:
        isolate({"b": Board([])})
    assert isinstance(at.value.__cause__, ValueError)


# --- what cannot be sent


def numbers() -> Iterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (lambda bad: bad, "message"),
        (lambda bad: [1, bad], "message[1]"),
        (lambda bad: {"k": (0, [bad])}, "message['k'][1][0]"),
        (lambda bad: Plain(bad), "message.inside"),
        (lambda bad: Slots([bad]), "message.inside[0]"),
        (lambda bad: Frozen({"a": bad}), "message.inside['a']"),
        (lambda bad: Point(1, [bad]), "message[1][0]"),
        (lambda bad: functools.partial(print, [bad]), "message.args[0][0]"),
        (lambda bad: collections.deque([bad]), "message[0]"),
        (lambda bad: Plain(bad).__init__, "message.__self__.inside"),
    ],
)
def test_an_error_names_the_path_and_the_way_out(make: Callable[[Any], Any], path: str) -> None:
    expected = (
        f"{path}: expected data that can be copied, got generator (cannot pickle 'generator'"
        f" object)\nsend it by reference with share(...), or teach the package to copy it with"
        f" isolation.register(generator, copy=...)"
    )
    with pytest.raises(TypeError) as caught:
        isolate(make(numbers()))
    assert str(caught.value) == expected


@process_test
async def test_what_cannot_be_sent_is_not_sent() -> None:
    with pytest.raises(TypeError, match="message"):
        send(self(), numbers())
    with pytest.raises(TypeError, match=r"args\[0\]: expected data"):
        spawn(print, numbers())
    held = numbers()
    with pytest.raises(TypeError, match=r"captured\.held"):
        spawn(lambda: next(held))
    assert await receive(timeout=0, default="nothing") == "nothing"


@process_test
async def test_the_process_dictionary_is_not_sent_along() -> None:
    main = self()
    process_dict()["k"] = 1
    spawn(lambda: send(main, dict(process_dict())))
    assert await receive() == {}


def test_classes_made_at_run_time_do_not_pile_up() -> None:
    for _ in range(5000):
        isolate(type("Made", (), {})())
    assert len(kinds.KINDS) <= 4096
