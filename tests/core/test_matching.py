"""Patterns: the compiled matchers accept what the naive reading of a pattern accepts."""

from __future__ import annotations

import dataclasses
import functools
import typing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aquavit import Down, Exit, make_ref
from aquavit.core import matching
from tests.core.naive import accepts
from tests.core.values import FrozenSlots, Open, Plain, Point
from tests.support import shown

REFS = [make_ref() for _ in range(3)]


def positive(value: Any) -> bool:
    return value > 0  # type: ignore[no-any-return]


def has_length(value: Any) -> bool:
    return len(value) > 0


GUARDS = [positive, has_length, lambda value: value["k"], lambda value: value[0] == 1]
TYPES = [int, str, float, bool, list, tuple, dict, object, int | str, type(None), Point, Down]

_plain = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from([0.0, 1.0, -1.0, 2.5, 1j, 1 + 0j])
    | st.sampled_from(["", "a", "k", "ref"])
    | st.sampled_from(REFS)
    | st.binary(max_size=1)
)


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.sampled_from(["a", "k", 1]), inner, max_size=3),
        st.builds(Point, inner, inner),
        st.builds(Open, inner),
        st.builds(FrozenSlots, inner),
        st.builds(Down, inner, inner, inner),
        st.builds(Exit, inner, inner),
    )


VALUES = st.recursive(_plain, _nested, max_leaves=8)
PATTERNS = st.recursive(
    _plain | st.just(...) | st.sampled_from(TYPES) | st.sampled_from(GUARDS), _nested, max_leaves=8
)


@given(st.lists(PATTERNS, min_size=1, max_size=3).map(tuple), st.lists(VALUES, max_size=5))
def test_a_matcher_accepts_what_the_naive_reading_does(
    patterns: tuple[Any, ...], values: list[Any]
) -> None:
    matcher = matching.compile_patterns(patterns)
    again = matching.compile_patterns(patterns)
    for value in values:
        expected = any(accepts(pattern, value) for pattern in patterns)
        assert matcher.accepts(value) == expected
        assert again.accepts(value) == expected


@given(VALUES)
def test_data_matches_itself_and_anything(value: Any) -> None:
    assert matching.compile_patterns((value,)).accepts(value)
    assert matching.compile_patterns((...,)).accepts(value)
    assert matching.compile_patterns((type(value),)).accepts(value)


@pytest.mark.parametrize(
    ("pattern", "accepted", "refused"),
    [
        (1, [1], [True, 1.0, 1 + 0j, "1"]),
        (True, [True], [1, 1.0]),
        (1.0, [1.0], [1, True]),
        ((1,), [(1,)], [[1], (True,), (1, 2), Point]),
        ([int], [[1], [True]], [(1,), ["1"], []]),
        ({"k": int}, [{"k": 1}, {"k": 1, "other": 2}], [{"k": "1"}, {}, ["k"]]),
        ({}, [{}, {"k": 1}], [[], None]),
        (Point(1, ...), [Point(1, 2)], [(1, 2), Point(2, 1), Point(True, 1)]),
        (Open(int), [Open(1)], [Open("1"), Plain(1)]),
        (typing.Optional[int], [1, None], ["1"]),  # noqa: UP045
        (functools.partial(positive), [1], [-1, "x", None]),
        (str.isupper, ["A"], ["a", 1]),
        (float("inf"), [float("inf")], [float("nan"), 1.0]),
    ],
    ids=shown,
)
def test_what_a_pattern_accepts(pattern: Any, accepted: list[Any], refused: list[Any]) -> None:
    matcher = matching.compile_patterns((pattern,))
    for value in accepted:
        assert matcher.accepts(value), value
    for value in refused:
        assert not matcher.accepts(value), value


def test_patterns_that_are_equal_and_not_the_same_are_kept_apart() -> None:
    def down(value: object) -> Down:
        return Down(None, None, value)

    makes: list[Any] = [lambda value: ("n", value), lambda value: Point(value, "n"), down]
    for make in makes:
        for value in (1, True, 1.0):
            matcher = matching.compile_patterns((make(value),))
            assert [matcher.accepts(make(each)) for each in (1, True, 1.0)] == [
                type(each) is type(value) for each in (1, True, 1.0)
            ]


def test_a_pattern_that_is_changed_after_its_use_is_read_again() -> None:
    pattern: list[Any] = [1]
    inside = {"k": 1}
    for value in (1, 2, 3):
        pattern[0] = value
        inside["k"] = value
        assert matching.compile_patterns((pattern,)).accepts([value])
        assert not matching.compile_patterns((pattern,)).accepts([value - 1])
        assert matching.compile_patterns((("x", inside),)).accepts(("x", {"k": value}))
        assert not matching.compile_patterns((("x", inside),)).accepts(("x", {"k": value - 1}))


def test_an_object_that_is_changed_after_its_use_is_read_again() -> None:
    @dataclasses.dataclass(unsafe_hash=True)
    class Changing:
        part: Any = dataclasses.field(hash=False, compare=False)

    pattern = Changing(1)
    for part in (1, 2):
        pattern.part = part
        assert matching.compile_patterns((pattern,)).accepts(Changing(part))
        assert not matching.compile_patterns((pattern,)).accepts(Changing(part + 1))


def test_each_of_many_patterns_accepts_its_own() -> None:
    for number in range(5000):
        assert matching.compile_patterns((("tag", number),)).accepts(("tag", number))


class Raises:
    """Its comparison and its fields raise."""

    def __eq__(self, other: object) -> bool:
        raise KeyError("eq")

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("pattern", [1, "a", None, (1,), Raises(), b"x", REFS[0]], ids=shown)
def test_what_a_comparison_raises_is_no_match(pattern: object) -> None:
    matcher = matching.compile_patterns((pattern,))
    assert not matcher.accepts(Raises())
    assert not matcher.accepts((Raises(),))
