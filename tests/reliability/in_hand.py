"""What a process may have in hand when it is stopped; each check says what is not as it was.

A check computes for a while in the middle of something (an exception in flight, a generator,
a `with` block, a callback of C code, ...), so that a switch may come there, and compares what
it finds afterwards with what must be. It returns None, or what is wrong in words.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import random
import re
import sys
import time
from collections.abc import Callable, Iterator

__all__ = ["CHECKS", "VARIABLE"]

Check = Callable[[int, random.Random], str | None]

#: Holds the number of the worker.
VARIABLE: contextvars.ContextVar[int] = contextvars.ContextVar("VARIABLE", default=-1)
CHECKS: list[Check] = []


def _check(fn: Check) -> Check:
    CHECKS.append(fn)
    return fn


def _spin(rng: random.Random) -> int:
    """Compute for up to a tenth of a millisecond."""
    total = 0
    for number in range(rng.randrange(1500)):
        total += number & 1
    return total


@_check
def exception_in_flight(number: int, rng: random.Random) -> str | None:
    """An exception passes a `finally` and an `__exit__` that compute."""
    error, seen = KeyError(number), []
    try:
        try:
            _spin(rng)
            raise error
        finally:
            _spin(rng)
            seen.append(sys.exc_info()[1])
    except KeyError as caught:
        _spin(rng)
        seen += [caught, sys.exc_info()[1]]
    seen.append(sys.exc_info()[1])
    return None if seen == [error, error, error, None] else f"{seen}"


@_check
def exceptions_within_exceptions(number: int, rng: random.Random) -> str | None:
    """The one that is handled comes back when an inner one is done."""
    outer, inner = ValueError(number), LookupError(number)
    try:
        raise outer
    except ValueError:
        try:
            _spin(rng)
            raise inner
        except LookupError as caught:
            _spin(rng)
            if sys.exc_info()[1] is not inner or caught.__context__ is not outer:
                return "the inner one, or its context, is another"
        _spin(rng)
        if sys.exc_info()[1] is not outer:
            return f"handled: {sys.exc_info()[1]!r}"
    try:
        raise ExceptionGroup("group", [outer, inner])
    except* ValueError as group:
        _spin(rng)
        first = group.exceptions
    except* LookupError as group:
        _spin(rng)
        second = group.exceptions
    return None if (first, second) == ((outer,), (inner,)) else "parts of the group"


@_check
def context_variables(number: int, rng: random.Random) -> str | None:
    """Values and tokens are the process's own."""
    token = VARIABLE.set(-number)
    _spin(rng)
    context = contextvars.copy_context()
    _spin(rng)
    found = (VARIABLE.get(), context[VARIABLE], context.run(_in_context, rng))
    VARIABLE.reset(token)
    _spin(rng)
    want = (-number, -number, -number)
    return None if found == want and VARIABLE.get() == number else f"{found}, {VARIABLE.get()}"


def _in_context(rng: random.Random) -> int:
    _spin(rng)
    return VARIABLE.get()


def _numbers(count: int, rng: random.Random) -> Iterator[int]:
    for number in range(count):
        _spin(rng)
        try:
            got = yield number
        except KeyError as error:
            _spin(rng)
            got = yield error.args[0]
        _spin(rng)
        if got is not None:
            yield got


def _delegates(count: int, rng: random.Random) -> Iterator[int]:
    yield from _numbers(count, rng)
    _spin(rng)
    yield -1


@_check
def generators(number: int, rng: random.Random) -> str | None:
    """They are stopped in their midst, sent to, thrown at and closed."""
    made = list(_delegates(5, rng))
    if made != [0, 1, 2, 3, 4, -1]:
        return f"{made}"
    generator = _numbers(3, rng)
    next(generator)
    found = (generator.throw(KeyError(number)), generator.send("sent"), next(generator))  # type: ignore[attr-defined]
    generator.close()  # type: ignore[attr-defined]
    return None if found == (number, "sent", 1) else f"{found}"


class _Block:
    """Computes on the way in and out, and notes what it is told."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.told: object = None
        self.depth = 0

    def __enter__(self) -> _Block:
        _spin(self.rng)
        self.depth += 1
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> bool:
        _spin(self.rng)
        self.depth -= 1
        self.told = (error, sys.exc_info()[1])
        return isinstance(error, Exception)  # and not a kill


@contextlib.contextmanager
def _block(rng: random.Random, log: list[str]) -> Iterator[str]:
    log.append("in")
    _spin(rng)
    try:
        yield "value"
    except KeyError:
        _spin(rng)
        log.append("caught")
    finally:
        _spin(rng)
        log.append("out")


@_check
def with_blocks(number: int, rng: random.Random) -> str | None:
    """They are entered and left once each, with the exception that passes."""
    block, error = _Block(rng), ValueError(number)
    log: list[str] = []
    with block as entered:
        _spin(rng)
        raise error
    if entered is not block or block.depth != 0 or block.told != (error, error):
        return f"{block.told}, {block.depth}"
    with _block(rng, log) as value, _Block(rng):
        _spin(rng)
        if value != "value":
            return value
    with _block(rng, log):
        raise KeyError(number)
    return None if log == ["in", "out", "in", "caught", "out"] else f"{log}"


@functools.total_ordering
class _Key:
    """Computes when it is compared and hashed."""

    def __init__(self, value: int, rng: random.Random) -> None:
        self.value = value
        self.rng = rng

    def __lt__(self, other: _Key) -> bool:
        _spin(self.rng)
        return self.value < other.value

    def __eq__(self, other: object) -> bool:
        _spin(self.rng)
        return isinstance(other, _Key) and self.value == other.value

    def __hash__(self) -> int:
        _spin(self.rng)
        return self.value % 2


@_check
def callbacks_of_c_code(number: int, rng: random.Random) -> str | None:
    """The stack of C is kept too: sort, dict, re, map, reduce."""
    values = [rng.randrange(100) for _ in range(6)]
    by_key = [key.value for key in sorted(_Key(value, rng) for value in values)]
    table = {_Key(value, rng): value for value in values}
    looked_up = [table[_Key(value, rng)] for value in values]

    def double(match: re.Match[str]) -> str:
        _spin(rng)
        return match[0] * 2

    def add(one: int, other: int) -> int:
        _spin(rng)
        return one + other

    found = (by_key, looked_up, re.sub("[a-c]", double, "abcd"), functools.reduce(add, values))
    want = (sorted(values), values, "aabbccd", sum(values))
    return None if found == want else f"{found}, not {want}"


@_check
def deep_calls(number: int, rng: random.Random) -> str | None:
    """Locals stay, however deep."""

    def down(level: int) -> int:
        if level % 10 == 0:
            _spin(rng)
        below = down(level - 1) if level else 0
        return below + level

    return None if down(60) == 1830 else "a sum is wrong"


@_check
def sleeps(number: int, rng: random.Random) -> str | None:
    """A sleep that blocks is not cut short by being left."""
    started = time.monotonic()
    time.sleep(0.001)  # noqa: TID251
    slept = time.monotonic() - started
    return None if slept >= 0.001 else f"slept {slept}"
