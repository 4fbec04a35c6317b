"""Fairness: which code may be taken off the core in its midst.

Elixir: none; the emulator takes any code off.
"""

from __future__ import annotations

from typing import Any

from aquavit.core import places
from aquavit.core.exits import brief
from aquavit.core.process import current

__all__ = ["no_preempt", "preempt_in"]


class _Guard:
    """What `no_preempt` returns; it may be entered again."""

    def __init__(self) -> None:
        self.parts: list[Any] = []

    def __enter__(self) -> None:
        process = current()
        rare = None if process is None else process.extras()
        if rare is not None:
            rare.guards += 1
        self.parts.append(rare)

    def __exit__(self, *_: object) -> None:
        rare = self.parts.pop()
        if rare is not None:
            rare.guards -= 1


def no_preempt() -> _Guard:
    """Keep the current process from being taken off the core inside a `with` block.

    For a few lines that change what other processes see as well, a global for example.
    Where the block awaits, others run as ever.

    Returns:
        A context manager; outside a process it does nothing.

    Example:
        >>> counts = {"a": 0}
        >>> async def main():
        ...     with no_preempt():
        ...         counts["a"] += 1
        >>> run(main)
        >>> counts
        {'a': 1}

    Elixir: none.
    """
    return _Guard()


def preempt_in(package: str) -> None:
    """Let processes be taken off the core in the code of a package that is not your own.

    Packages of others are left alone, because they may rely on nothing else running until
    they await. Say so of one that computes for long and would stand threads that take turns.

    Args:
        package: the name that is imported, "networkx" or "package.module".

    Raises:
        TypeError: `package` is no string.

    Example:
        >>> preempt_in("networkx")

    Elixir: none.
    """
    if not isinstance(package, str):
        raise TypeError(f"preempt_in: expected the name of a package, got {brief(package)}")
    places.allow(package)
