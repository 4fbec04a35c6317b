"""What `h` and `i` say of a value: its documentation, and what it is.

Elixir: h/1 and i/1 of IEx, IEx.Info.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterable
from typing import Any

from aquavit.core import immutability
from aquavit.process import Alias, Ref
from aquavit.process.wording import shown
from aquavit.tools.shell.output import heading
from aquavit.tools.shell.tables import fields

__all__ = ["describe", "document", "list_helpers"]


def document(value: Any) -> list[str]:
    """Return the documentation of a value: its signature and its docstring."""
    title = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    lines = [heading(f"{title or type(value).__qualname__}{_signature(value)}"), ""]
    text = inspect.getdoc(value)
    return [*lines, *(text.split("\n") if text else ["(no documentation)"])]


class _Bare(str):
    """An annotation that was left as text; it is shown without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _signature(value: Any) -> str:
    """Return the parameters of what can be called, as they are written."""
    if not callable(value):
        return ""
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):  # a builtin that does not tell
        return "(...)"
    parameters = [
        each.replace(annotation=_bare(each.annotation)) for each in found.parameters.values()
    ]
    return str(
        found.replace(parameters=parameters, return_annotation=_bare(found.return_annotation))
    )


def _bare(annotation: Any) -> Any:
    return _Bare(annotation) if isinstance(annotation, str) else annotation


def list_helpers(helpers: dict[str, Any]) -> list[str]:
    """Return a line for each helper: its name and what it does."""
    lines = [
        "Python, with `await`; self() is the process that runs it. What it raises is shown,",
        "and a linked crash ends it: a new one takes over, with the same variables.",
        "",
    ]
    pairs = [
        (f"{name}()", (inspect.getdoc(helper) or "").split("\n", 1)[0])
        for name, helper in helpers.items()
    ]
    return [*lines, *fields(pairs), "", "h(name) shows more of each, and of all else."]


def describe(value: Any) -> list[str]:
    """Return what a value is."""
    kind = type(value)
    pairs: list[tuple[str, object]] = [
        ("Term", shown(value)),
        ("Data type", f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")),
    ]
    pairs += _more(value)
    text = inspect.getdoc(value if inspect.isroutine(value) or inspect.isclass(value) else kind)
    if text:
        pairs.append(("Description", text.split("\n", 1)[0]))
    as_it_is = immutability.immutable(value)
    pairs.append(("In a message", "sent as it is" if as_it_is else "copied, or refused"))
    return fields(pairs)


def _more(value: Any) -> Iterable[tuple[str, object]]:
    if isinstance(value, Alias):
        yield "Stands for", value.pid
    elif isinstance(value, Ref):
        yield "Number", value.id
    if isinstance(value, (str, bytes, list, tuple, dict, set, frozenset)):
        yield "Length", len(value)
    if inspect.isroutine(value) or inspect.isclass(value):
        yield "Signature", f"{getattr(value, '__name__', '')}{_signature(value)}"
        place = _place(value)
        if place:
            yield "Defined in", place
    if inspect.ismodule(value) and getattr(value, "__file__", None):
        yield "File", value.__file__


def _place(value: Any) -> str | None:
    try:
        path = inspect.getsourcefile(value)
        return None if path is None else f"{os.path.relpath(path)}:{_line(value)}"
    except (TypeError, OSError, ValueError):  # compiled, or typed in
        return None


def _line(value: Any) -> int:
    return inspect.getsourcelines(value)[1]
