"""Assertions about messages: what they take, and what they say when they fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

import aquavit
from aquavit import Down, make_ref, self, send
from aquavit.testing import assert_receive, assert_received, refute_receive, refute_received
from aquavit.tools.testing.mismatch import mismatch, shown_pattern
from tests.support import process_test


@dataclass(frozen=True)
class Order:
    number: int
    item: str


class Point(NamedTuple):
    x: int
    y: int


def even(number: int) -> bool:
    return number % 2 == 0


def failing(number: int) -> bool:
    return bool(1 / (number - number))


@pytest.mark.parametrize(
    ("pattern", "message", "why"),
    [
        (("pong", int), ("pong", "one"), "at [1]: expected int, got 'one'"),
        (("pong", int), ("pong", 1, 2), "expected 2 elements, got 3"),
        (("pong", int), ["pong", 1], "expected ('pong', int), got ['pong', 1] (list)"),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "at ['a']['b']: expected 1, got 2"),
        ({"a": 1}, {"b": 1}, "expected the key 'a', which is not there"),
        ([..., 1], [0, True], "at [1]: expected 1, got True (bool)"),
        (int | str, 1.5, "expected int | str, got 1.5"),
        (even, 3, "the guard even returned False"),
        (("n", even), ("n", None), "at [1]: the guard even raised TypeError: "),
        (Order(..., "tea"), Order(1, "coffee"), "at .item: expected 'tea', got 'coffee'"),
        (Point(1, ...), Point(2, 2), "at .x: expected 1, got 2"),
        (Point(1, ...), (1, 2), "expected Point(x=1, y=...), got (1, 2) (tuple)"),
        (Down(..., ..., "normal"), Down(1, 2, "x"), "at .reason: expected 'normal', got 'x'"),
        (("a", ...), ("a", 1), ""),
    ],
)
def test_a_mismatch_is_told_at_its_place(pattern: Any, message: Any, why: str) -> None:
    assert mismatch(pattern, message).startswith(why)
    assert bool(mismatch(pattern, message)) == bool(why)


def test_a_pattern_is_shown_as_it_is_written() -> None:
    pattern = ("a", (..., int), [str], {"k": even}, (1,))
    assert shown_pattern(pattern) == "('a', (..., int), [str], {'k': even}, (1,))"


@process_test
async def test_assert_receive_takes_the_message_that_matches() -> None:
    send(self(), "other")
    aquavit.send_after(self(), ("done", 1), 0.001)
    assert await assert_receive(("done", int), timeout=1.0) == ("done", 1)
    assert aquavit.flush() == ["other"]


@process_test
async def test_assert_receive_shows_the_mailbox_when_it_fails() -> None:
    send(self(), ("other", 1))
    with pytest.raises(AssertionError) as failure:
        await assert_receive(("pong", ...), str, timeout=0.001)
    assert str(failure.value) == (
        "assert_receive: no matching message after 0.001 s\n"
        "    pattern: ('pong', ...)\n"
        "    pattern: str\n"
        "Showing 1 of 1 messages in the mailbox:\n"
        "    message: ('other', 1)\n"
        "             ('pong', ...): at [0]: expected 'pong', got 'other'\n"
        "             str: expected str, got ('other', 1)"
    )
    assert aquavit.flush() == [("other", 1)]


@process_test
async def test_a_failure_shows_the_ten_youngest_messages() -> None:
    for number in range(12):
        send(self(), number)
    with pytest.raises(AssertionError, match="Showing 10 of 12 messages") as failure:
        assert_received(str)
    assert "message: 11\n" in str(failure.value)
    assert "message: 1\n" not in str(failure.value)


@process_test
async def test_an_empty_mailbox_is_said_to_be_empty() -> None:
    with pytest.raises(AssertionError, match="The mailbox is empty"):
        assert_received(make_ref())


@process_test
async def test_refute_receive_fails_by_the_message_that_matches() -> None:
    await refute_receive(timeout=0.001)
    refute_received()
    send(self(), ("ping", 1))
    refute_received("pong")
    with pytest.raises(AssertionError) as failure:
        refute_received("pong", ("ping", ...))
    assert str(failure.value) == (
        "refute_received: unexpectedly received ('ping', 1)\n    which matched ('ping', ...)"
    )
    aquavit.send_after(self(), "late", 0.001)
    with pytest.raises(AssertionError, match="unexpectedly received 'late'"):
        await refute_receive(timeout=1.0)
