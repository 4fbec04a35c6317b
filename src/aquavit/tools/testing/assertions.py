"""Assertions about messages: what has come, what comes in time, what must not come.

Elixir: ExUnit.Assertions.
"""

from __future__ import annotations

from typing import Any

from aquavit.core import loops, matching
from aquavit.core.exits import brief
from aquavit.process import receive
from aquavit.tools.testing.mismatch import matches, mismatch, shown_pattern

__all__ = ["assert_receive", "assert_received", "refute_receive", "refute_received"]

NOTHING = object()
#: Messages of the mailbox that a failure shows.
_MOST_SHOWN = 10


async def assert_receive(*patterns: Any, timeout: float = 0.1) -> Any:
    """Wait for a message that matches, take it out of the mailbox, and return it.

    Args:
        patterns: as for `receive`; without any, every message matches.
        timeout: seconds that it may take.

    Raises:
        AssertionError: none came in time; it shows the mailbox, and why each message
            in it does not match.

    Example:
        >>> async def main():
        ...     send(self(), ("pong", 1))
        ...     return await assert_receive(("pong", int))
        >>> run(main)
        ('pong', 1)

    Elixir: assert_receive/3.
    """
    __tracebackhide__ = True
    message = await receive(*patterns, timeout=timeout, default=NOTHING)
    if message is NOTHING:
        raise AssertionError(
            _nothing(f"assert_receive: no matching message after {timeout} s", patterns)
        )
    return message


def assert_received(*patterns: Any) -> Any:
    """Take a message that matches out of the mailbox, where it must be by now.

    Args:
        patterns: as for `receive`; without any, every message matches.

    Returns:
        The message.

    Raises:
        AssertionError: there is none; it shows the mailbox, and why each message in it
            does not match.

    Example:
        >>> async def main():
        ...     send(self(), "hello")
        ...     return assert_received(str)
        >>> run(main)
        'hello'

    Elixir: assert_received/2.
    """
    __tracebackhide__ = True
    message = _take(patterns, "assert_received")
    if message is NOTHING:
        raise AssertionError(_nothing("assert_received: no matching message", patterns))
    return message


async def refute_receive(*patterns: Any, timeout: float = 0.1) -> None:
    """Wait, and fail if a message comes that matches.

    Args:
        patterns: as for `receive`; without any, every message matches.
        timeout: seconds to wait.

    Raises:
        AssertionError: one came, or was there.

    Example:
        >>> async def main():
        ...     send(self(), "hello")
        ...     await refute_receive(int, timeout=0.01)
        >>> run(main)

    Elixir: refute_receive/3.
    """
    __tracebackhide__ = True
    message = await receive(*patterns, timeout=timeout, default=NOTHING)
    if message is not NOTHING:
        raise AssertionError(_unexpected("refute_receive", message, patterns))


def refute_received(*patterns: Any) -> None:
    """Fail if a message that matches is in the mailbox.

    Args:
        patterns: as for `receive`; without any, every message matches.

    Raises:
        AssertionError: there is one.

    Example:
        >>> async def main():
        ...     refute_received()
        >>> run(main)

    Elixir: refute_received/2.
    """
    __tracebackhide__ = True
    message = _take(patterns, "refute_received")
    if message is not NOTHING:
        raise AssertionError(_unexpected("refute_received", message, patterns))


def _take(patterns: tuple[Any, ...], caller: str) -> Any:
    process, matcher = loops.here(caller), matching.compile_patterns(patterns or (...,))
    if any(matcher.accepts(message) for message in process.contents()):
        return process.take(matcher)
    return NOTHING


def _nothing(headline: str, patterns: tuple[Any, ...]) -> str:
    lines = [headline, *(f"    pattern: {shown_pattern(pattern)}" for pattern in patterns)]
    messages = loops.here("assert_receive").contents()
    if not messages:
        return "\n".join([*lines, "The mailbox is empty."])
    shown = messages[-_MOST_SHOWN:]
    lines.append(f"Showing {len(shown)} of {len(messages)} messages in the mailbox:")
    for message in shown:
        lines.append(f"    message: {brief(message)}")
        for pattern in patterns:
            prefix = f"{shown_pattern(pattern)}: " if len(patterns) > 1 else ""
            lines.append(f"             {prefix}{mismatch(pattern, message)}")
    return "\n".join(lines)


def _unexpected(caller: str, message: Any, patterns: tuple[Any, ...]) -> str:
    text = f"{caller}: unexpectedly received {brief(message)}"
    matched = [shown_pattern(pattern) for pattern in patterns if matches(pattern, message)]
    return f"{text}\n    which matched {matched[0]}" if matched else text
