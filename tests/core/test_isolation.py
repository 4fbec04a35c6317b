"""Isolation: what is copied, what passes as it is, and what cannot be sent.

The property behind all of it: sender and receiver never hold one mutable object together,
unless it is shared on purpose or is a handle.
"""

from __future__ import annotations

import asyncio
import collections
import copy
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import io
import logging
import pathlib
import queue
import re
import socket
import tempfile
import threading
import types
import typing
import uuid
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aquavit import isolation, make_ref, process_dict, receive, self, send, share, spawn
from aquavit.core import kinds
from tests.support import died, process_test

isolate = isolation.isolate


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
PASSED = [
    *(None, True, 1, 2.5, 3j, "s", b"b", ..., NotImplemented, range(3), int, list[int], int | str),
    *(function, len, types, Colour.RED, Frozen(1), FrozenSlots("x"), Point(1, (2, "y"))),
    *((), (1, ("a", None)), frozenset({1, "a"}), make_ref(), re.compile("x"), uuid.UUID(int=1)),
    *(datetime.datetime(2020, 1, 1), datetime.timedelta(1), decimal.Decimal(1)),
    *(fractions.Fraction(1, 2), pathlib.PurePath("x"), ValueError("x"), str.upper, object()),
    *(typing.TypeVar("T"), dict.fromkeys, "x".upper),
]


@pytest.mark.parametrize("value", PASSED, ids=lambda value: f"{type(value).__name__} {value}"[:30])
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
    with pytest.raises(TypeError, match="message"):
        spawn(print, numbers())
    held = numbers()
    with pytest.raises(TypeError, match=r"captured\.held"):
        spawn(lambda: next(held))
    assert await receive(timeout=0, default="nothing") == "nothing"


# --- closures


@process_test
async def test_a_closure_is_taken_as_it_is_at_spawn_at_any_depth() -> None:
    main, count, items = self(), 1, [1]

    def inner() -> list[Any]:
        return [count, list(items)]

    def outer() -> None:
        items.append(2)
        send(main, inner())

    jobs = [outer, functools.partial(outer), functools.partial(lambda do: do(), outer)]
    pids = [spawn(job) for job in jobs]
    count = 3
    items.append(4)
    for pid in pids:
        await died(pid)
    assert [await receive(list) for _ in pids] == [[1, [1, 2]]] * 3
    assert items == [1, 4]


def test_functions_that_share_a_variable_still_do_in_the_copy() -> None:
    items: list[int] = []

    def add() -> None:
        items.append(1)

    def both() -> list[int]:
        add()
        return items

    twin = isolation.isolate_callable(both)
    assert twin() == [1]
    assert items == []


def test_a_closure_may_name_itself_and_what_has_no_value_yet() -> None:
    def recurse(depth: int) -> int:
        return depth if depth == 0 else recurse(depth - 1)

    def early() -> object:
        return late

    assert isolation.isolate_callable(recurse)(3) == 0
    twin = isolation.isolate_callable(early)
    with pytest.raises(NameError):
        twin()
    late = 1
    assert early() == 1


def test_a_twin_is_the_same_function() -> None:
    mark = [1]

    def original(a: int, b: int = 2, *, c: int = 3) -> tuple[Any, ...]:
        """Say."""
        return a, b, c, mark

    original.note = "n"  # type: ignore[attr-defined]
    twin = isolation.isolate_callable(original)
    assert twin(1) == original(1)
    assert twin.__name__ == "original"
    assert twin.__qualname__ == original.__qualname__
    assert twin.__module__ == __name__
    assert twin.__doc__ == "Say."
    assert twin.note == "n"
    assert twin.__defaults__ == (2,)
    assert twin.__kwdefaults__ == {"c": 3}
    assert twin(1)[3] is not mark


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


# --- the property


_leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.binary(max_size=5)
)


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    objects = [st.builds(make, inner) for make in HOLDERS]
    return st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text(max_size=3), inner, max_size=4),
        st.lists(inner, max_size=3).map(collections.deque),
        st.lists(inner, max_size=2).map(lambda pair: Point(pair, (pair, 1))),
        st.lists(st.builds(Plain, inner), max_size=2).map(set),
        st.lists(st.builds(Plain, inner), max_size=2).map(frozenset),
        *objects,
    )


_messages = st.recursive(_leaves, _grown, max_leaves=15)
_MUTABLE = (list, dict, set, collections.deque, Plain, Slots, Open, Reduced, Stateful, Deep)


def mutable_parts(value: Any, found: dict[int, Any]) -> dict[int, Any]:
    """Return every mutable object inside `value`, by id."""
    if id(value) in found:
        return found
    if isinstance(value, _MUTABLE):
        found[id(value)] = value
    if isinstance(value, dict):
        parts: Any = [*value, *value.values()]
    elif isinstance(value, (list, tuple, set, frozenset, collections.deque)):
        parts = value
    else:
        names = ("inside", "more")
        parts = [getattr(value, name) for name in names if hasattr(value, name)]
    for part in parts:
        mutable_parts(part, found)
    return found


def shape(value: Any) -> object:
    """Return what `value` is made of, without identities."""
    if isinstance(value, dict):
        return "dict", [(key, shape(item)) for key, item in value.items()]
    if isinstance(value, (set, frozenset)):
        return type(value).__name__, sorted(repr(shape(item)) for item in value)
    if isinstance(value, (list, tuple, collections.deque)):
        return type(value).__name__, [shape(item) for item in value]
    if hasattr(value, "inside"):
        return type(value).__name__, shape(value.inside)
    return type(value).__name__, value


@given(_messages)
def test_sender_and_receiver_never_hold_one_mutable_object_together(message: Any) -> None:
    got = isolate(message)
    assert shape(got) == shape(message)
    mine, theirs = mutable_parts(message, {}), mutable_parts(got, {})
    assert not mine.keys() & theirs.keys()
    assert len(mine) == len(theirs)  # one object is one object there too
    if not mine:
        assert got is message or isinstance(message, (Frozen, frozenset))


@given(_messages)
def test_a_spawned_function_never_holds_a_mutable_object_of_its_parent(captured: Any) -> None:
    twin = isolation.isolate_callable(lambda: captured)
    assert shape(twin()) == shape(captured)
    assert not mutable_parts(captured, {}).keys() & mutable_parts(twin(), {}).keys()
