"""Isolation as a property, and of the functions that are spawned.

Whatever a message or a closure holds, sender and receiver never hold one mutable object
together.
"""

from __future__ import annotations

import collections
import functools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aquavit import isolation, receive, self, send, spawn
from tests.core.values import (
    HOLDERS,
    Deep,
    Open,
    Plain,
    Point,
    Reduced,
    Slots,
    Stateful,
)
from tests.support import died, process_test

isolate = isolation.isolate


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


@given(_messages)
def test_a_spawned_function_never_holds_a_mutable_object_of_its_parent(captured: Any) -> None:
    twin = isolation.isolate_callable(lambda: captured)
    assert shape(twin()) == shape(captured)
    assert not mutable_parts(captured, {}).keys() & mutable_parts(twin(), {}).keys()
