"""Cython's directives, as names that do nothing where the core is interpreted.

The `.pxd` files hold all C types; only these must stand in the source. Cython reads them
by the name `cython`, which each module binds to this one, so that running the interpreted
build needs no Cython.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["cast", "cclass", "final", "freelist", "no_gc"]

C = TypeVar("C", bound=type)
T = TypeVar("T")


def cast(cls: type[T], value: Any) -> T:
    """Take `value` for a `cls` without a look; only where nothing else can come."""
    return value  # type: ignore[no-any-return]


def cclass(cls: C) -> C:
    """Compile the class to an extension type; stands nearest to the class."""
    return cls


def final(cls: C) -> C:
    """Allow no subclass, so that calls need no table."""
    return cls


def no_gc(cls: C) -> C:
    """Keep instances out of the garbage collector's lists.

    Only for what cannot be part of a cycle that outlives its process: the runtime
    empties a process when it dies.
    """
    return cls


def freelist(size: int) -> Callable[[C], C]:
    """Keep up to `size` freed instances for reuse."""
    return cclass
