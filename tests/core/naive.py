"""What a pattern accepts, said as plainly as can be: the model that the tests compare with."""

from __future__ import annotations

import dataclasses
import types
from typing import Any

from aquavit import Down, Exit

_NO_MATCH = (TypeError, LookupError, AttributeError, ValueError)


def accepts(pattern: Any, value: Any) -> bool:
    """Tell whether `value` matches `pattern`."""
    if pattern is ...:
        return True
    if isinstance(pattern, (type, types.UnionType)):
        return isinstance(value, pattern)
    if isinstance(pattern, types.FunctionType):
        try:
            return bool(pattern(value))
        except _NO_MATCH:
            return False
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            key in value and accepts(part, value[key]) for key, part in pattern.items()
        )
    if dataclasses.is_dataclass(pattern):
        names = [field.name for field in dataclasses.fields(pattern)]
        return type(value) is type(pattern) and all(
            accepts(getattr(pattern, name), getattr(value, name)) for name in names
        )
    if isinstance(pattern, (Down, Exit)):
        return type(value) is type(pattern) and all(
            accepts(getattr(pattern, name), getattr(value, name))
            for name in type(pattern).__match_args__
        )
    if isinstance(pattern, (tuple, list)):
        return (
            type(value) is type(pattern)
            and len(value) == len(pattern)
            and all(map(accepts, pattern, value))
        )
    if isinstance(pattern, (int, float, complex)):
        return value is pattern or (type(value) is type(pattern) and value == pattern)
    return bool(value == pattern)


def first(patterns: tuple[Any, ...], values: list[Any]) -> int | None:
    """Return the place of the first of `values` that matches any of `patterns`."""
    for place, value in enumerate(values):
        if any(accepts(pattern, value) for pattern in patterns):
            return place
    return None
