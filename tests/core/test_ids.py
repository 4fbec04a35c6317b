"""Pid, Ref and Alias as values: ordered, hashed, copied, pickled, never used again."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aquavit import (
    Alias,
    Down,
    Exit,
    NodeDown,
    NodeUp,
    Pid,
    Ref,
    alias,
    is_alive,
    make_ref,
    receive,
    self,
    send,
    send_after,
    spawn,
    unalias,
)
from aquavit.core import ids
from tests.support import died, end, idle, process_test

NUMBERS = st.integers(0, 2**62)


def some() -> list[Any]:
    """Return one of each kind, made now."""
    owner = ids.restore_pid(2**40, -1)
    return [owner, make_ref(), ids.new_alias(owner)]


@given(NUMBERS, NUMBERS)
def test_identities_compare_as_their_numbers_do(a: int, b: int) -> None:
    for make in (lambda number: ids.restore_pid(number, -1), ids.restore_ref):
        x, y = make(a), make(b)
        assert (x == y, x != y, x < y) == (a == b, a != b, a < b)
        assert (hash(x) == hash(y)) or a != b
        assert len({x, y}) == len({a, b})
        assert sorted([x, y]) == [make(number) for number in sorted([a, b])]
    x, y = ids.restore_pid(a, -1), ids.restore_pid(b, -1)
    assert (x <= y, x > y, x >= y) == (a <= b, a > b, a >= b)


def test_identities_of_different_kinds_are_different() -> None:
    pid, ref = ids.restore_pid(7, -1), ids.restore_ref(7)
    assert pid != ref
    assert pid != 7
    assert ref != "7"
    for other in (ref, 7, None):
        with pytest.raises(TypeError):
            assert pid < other
    with pytest.raises(TypeError):
        assert ref < pid


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_identities_survive_copy_and_pickle(protocol: int) -> None:
    for value in some():
        assert copy.copy(value) is value
        assert copy.deepcopy([value])[0] is value
        again = pickle.loads(pickle.dumps(value, protocol))
        assert again == value
        assert type(again) is type(value)
        assert hash(again) == hash(value)
    system = [Down(make_ref(), some()[0], "r"), Exit(some()[0], 1), NodeUp("a"), NodeDown("a", "r")]
    for message in system:
        assert pickle.loads(pickle.dumps(message, protocol)) == message
        assert copy.deepcopy(message) == message


@process_test
async def test_a_pickled_pid_leads_to_its_process_again() -> None:
    pid = spawn(idle)
    data = pickle.dumps(pid)
    again = pickle.loads(data)
    assert is_alive(again)
    send(pickle.loads(pickle.dumps(self())), "hello")
    assert await receive(timeout=0) == "hello"
    await end(pid)
    assert not is_alive(pickle.loads(data))
    # Its slot is somebody else's now, who has another number.
    other = spawn(idle)
    assert not is_alive(pickle.loads(data))
    await end(other)


@process_test
async def test_a_pickled_alias_leads_to_its_owner() -> None:
    made = alias()
    send(pickle.loads(pickle.dumps(made)), "hello")
    assert await receive(timeout=0) == "hello"
    assert unalias(pickle.loads(pickle.dumps(made))) is True


@process_test
async def test_a_timer_is_a_ref() -> None:
    timer = send_after(self(), 1, 0)
    assert isinstance(timer, Ref)
    assert not isinstance(timer, Alias)
    assert {timer: 1}[timer] == 1
    assert isinstance(pickle.loads(pickle.dumps(timer)), Ref)
    assert await receive(timeout=1.0) == 1


@process_test
async def test_numbers_are_never_used_again() -> None:
    pids, refs = set(), set()
    for _ in range(500):
        pid = spawn(lambda: None)
        assert pid not in pids
        pids.add(pid)
        refs |= {make_ref(), alias()}
        await died(pid)
    assert len(pids) == 500
    assert len(refs) == 1000
    for ref in refs:
        if isinstance(ref, Alias):
            unalias(ref)


def test_the_words_for_identities() -> None:
    assert repr(ids.restore_pid(58, -1)) == "#PID<0.58.0>"
    assert repr(ids.restore_pid((3 << 28) + 5, -1)) == "#PID<0.5.3>"
    assert repr(ids.restore_ref(7)) == "#Reference<0.7>"


def test_identities_cannot_be_changed() -> None:
    for value in some():
        for name in ("id", "process", "other"):
            if hasattr(type(value), "__slots__"):
                continue  # the interpreted build trusts its readers
            with pytest.raises(AttributeError):
                setattr(value, name, 1)


def test_pid_can_be_subscripted() -> None:
    assert Pid[int] is Pid
    assert Pid[Any] | str
