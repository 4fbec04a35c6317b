"""Why a message does not match a pattern, in words.

Whether it matches is decided where `receive` decides it; this only looks for the first
part that differs.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterator
from typing import Any

from aquavit.core import matching
from aquavit.core.exits import brief
from aquavit.core.signals import SystemMessage

__all__ = ["matches", "mismatch", "shown_pattern"]

_GUARDS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType)


def matches(pattern: object, message: object) -> bool:
    """Tell whether `receive(pattern)` would take `message`."""
    return bool(matching.compile_patterns((pattern,)).accepts(message))


def mismatch(pattern: object, message: object) -> str:
    """Return the first difference between a pattern and a message, "" if it matches.

    Example:
        >>> mismatch(("pong", int), ("pong", "one"))
        "at [1]: expected int, got 'one'"
    """
    if matches(pattern, message):
        return ""
    where, found = _difference(pattern, message, "")
    return f"at {where}: {found}" if where else found


def shown_pattern(pattern: object) -> str:
    """Return a pattern as it is written in a program.

    Example:
        >>> shown_pattern(("done", ..., int))
        "('done', ..., int)"
    """
    if pattern is ...:
        return "..."
    if isinstance(pattern, type):
        return pattern.__name__
    if isinstance(pattern, _GUARDS):
        return getattr(pattern, "__name__", "a guard")
    fields = _fields(pattern)
    if fields is not None:
        inside = ", ".join(f"{name}={shown_pattern(value)}" for name, value in fields)
        return f"{type(pattern).__name__}({inside})"
    if isinstance(pattern, tuple):
        inside = ", ".join(map(shown_pattern, pattern))
        return f"({inside},)" if len(pattern) == 1 else f"({inside})"
    if isinstance(pattern, list):
        return f"[{', '.join(map(shown_pattern, pattern))}]"
    if isinstance(pattern, dict):
        inside = ", ".join(f"{key!r}: {shown_pattern(value)}" for key, value in pattern.items())
        return f"{{{inside}}}"
    return brief(pattern)


def _difference(pattern: Any, value: Any, where: str) -> tuple[str, str]:
    """Return the place of the innermost part that differs, and what differs there."""
    for step, part, found in _parts(pattern, value):
        if not matches(part, found):
            return _difference(part, found, where + step)
    return where, _in_words(pattern, value)


def _parts(pattern: Any, value: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the parts of a pattern beside those of the value, if these can be compared."""
    fields = _fields(pattern)
    if fields is not None:
        if type(value) is type(pattern):
            for name, part in fields:
                yield f".{name}", part, getattr(value, name, None)
    elif isinstance(pattern, (tuple, list)):
        if type(value) is type(pattern) and len(value) == len(pattern):
            for place, part in enumerate(pattern):
                yield f"[{place}]", part, value[place]
    elif isinstance(pattern, dict) and isinstance(value, dict):
        for key, part in pattern.items():
            if key in value:
                yield f"[{key!r}]", part, value[key]


def _fields(pattern: Any) -> list[tuple[str, Any]] | None:
    names: Any = None
    if isinstance(pattern, SystemMessage):
        names = type(pattern).__match_args__
    elif isinstance(pattern, tuple):
        names = getattr(pattern, "_fields", None)
    elif dataclasses.is_dataclass(pattern) and not isinstance(pattern, type):
        names = [field.name for field in dataclasses.fields(pattern)]
    return None if names is None else [(name, getattr(pattern, name, ...)) for name in names]


def _in_words(pattern: Any, value: Any) -> str:
    if isinstance(pattern, _GUARDS):
        return _guard(pattern, value)
    if isinstance(pattern, (tuple, list)) and type(value) is type(pattern):
        return f"expected {len(pattern)} elements, got {len(value)}"
    if isinstance(pattern, dict) and isinstance(value, dict):
        missing = [key for key in pattern if key not in value]
        return f"expected the key {missing[0]!r}, which is not there"
    got = brief(value)
    if type(pattern) is not type(value) and not isinstance(pattern, (type, types.UnionType)):
        got = f"{got} ({type(value).__name__})"
    return f"expected {shown_pattern(pattern)}, got {got}"


def _guard(guard: Any, value: Any) -> str:
    name = getattr(guard, "__name__", "it")
    try:
        return f"the guard {name} returned {brief(guard(value))}"
    except Exception as error:
        return f"the guard {name} raised {type(error).__name__}: {error}"
