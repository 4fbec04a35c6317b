"""The deep copy of a message, for the values that `isolation` cannot pass as they are.

One `_Copier` copies one message: its memo (`id` of the original -> copy) keeps shared
and circular references. Unlike `copy.deepcopy` it knows the kinds of `kinds.py`, and
what cannot be copied is reported with the path to it.
"""

from __future__ import annotations

import copyreg
import types
from collections.abc import Iterator
from typing import Any

from aquavit.core import immutability, kinds, native

__all__ = ["copy_callable", "copy_message"]


class _Uncopyable(Exception):
    def __init__(self, value: object, why: str) -> None:
        super().__init__(why)
        self.value = value
        self.why = why


def copy_message(value: Any) -> Any:
    """Return an independent deep copy of `value`."""
    copier = _Copier()
    try:
        return copier.copy(value)
    except _Uncopyable as error:
        raise _explained(value, error, "message") from None


def copy_callable(fn: Any) -> Any:
    """Return `fn` with copies of the variables that it has captured."""
    copier = _Copier()
    try:
        return copier.callable(fn)
    except _Uncopyable as error:
        raise _explained(fn, error, "captured") from None


def _explained(root: object, error: _Uncopyable, name: str) -> TypeError:
    path = next((p for p, v in _walk(root, name, set()) if v is error.value), name)
    return TypeError(
        f"{path}: expected data that can be copied, got {type(error.value).__name__}"
        f" ({error.why})\nsend it by reference with share(...), or teach the package to copy"
        f" it with isolation.register({type(error.value).__name__}, copy=...)"
    )


def _walk(value: Any, path: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """Yield every part of `value` with the path that leads to it."""
    if id(value) in seen:
        return
    seen.add(id(value))
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(item, f"{path}[{key!r}]", seen)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for index, item in enumerate(value):
            yield from _walk(item, f"{path}[{index}]", seen)
    elif isinstance(value, types.FunctionType) and value.__closure__:
        for name, cell in zip(value.__code__.co_freevars, value.__closure__, strict=True):
            try:
                yield from _walk(cell.cell_contents, f"{path}.{name}", seen)
            except ValueError:  # a variable that has no value yet
                continue
    elif isinstance(value, types.MethodType):
        yield from _walk(value.__self__, f"{path}.__self__", seen)
    else:
        for name, item in _attributes(value):
            yield from _walk(item, f"{path}.{name}", seen)


def _attributes(value: object) -> list[tuple[str, Any]]:
    if kinds.kind_of(type(value)) in (kinds.ATOM, kinds.HANDLE):
        return []
    found = dict(getattr(value, "__dict__", {}))
    for cls in type(value).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(value, name):
                found.setdefault(name, getattr(value, name))
    return list(found.items())


class _Copier:
    """Copies one message."""

    def __init__(self) -> None:
        self.memo: dict[int, Any] = {}
        # Intermediate values must live as long as the memo that knows them by id.
        self.alive: list[Any] = []

    def copy(self, value: Any) -> Any:
        cls = type(value)
        if cls is kinds.Shared:
            return value.value
        kind = kinds.kind_of(cls)
        if kind in (kinds.ATOM, kinds.HANDLE):
            return value
        known = self.memo.get(id(value), self)
        if known is not self:
            return known
        return self._remember(value, _COPIES[kind](self, value))

    def _remember(self, value: Any, copied: Any) -> Any:
        self.memo[id(value)] = copied
        self.alive.append(value)
        return copied

    def _list(self, value: list[Any]) -> list[Any]:
        copied: list[Any] = []
        self._remember(value, copied)
        copied.extend(self.copy(item) for item in value)
        return copied

    def _dict(self, value: dict[Any, Any]) -> dict[Any, Any]:
        copied: dict[Any, Any] = {}
        self._remember(value, copied)
        for key, item in value.items():
            copied[self.copy(key)] = self.copy(item)
        return copied

    def _set(self, value: set[Any]) -> set[Any]:
        return {self.copy(item) for item in value}

    def _frozenset(self, value: frozenset[Any]) -> frozenset[Any]:
        return frozenset(self.copy(item) for item in value)

    def _tuple(self, value: tuple[Any, ...]) -> tuple[Any, ...]:
        items = [self.copy(item) for item in value]
        # The tuple may have been copied meanwhile, through a cycle that leads back to it.
        known: tuple[Any, ...] | None = self.memo.get(id(value))
        if known is not None:
            return known
        if all(new is old for new, old in zip(items, value, strict=True)):
            return value
        return tuple(items)

    def _named(self, value: Any) -> Any:
        items = [self.copy(item) for item in value]
        return type(value)._make(items)

    def _record(self, value: Any) -> Any:
        if immutability.immutable(value):
            return value
        return self._object(value)

    def _custom(self, value: Any) -> Any:
        return kinds.custom_copy(value)

    def _object(self, value: Any) -> Any:
        """Copy as `copy.deepcopy` would, by the type's own protocol."""
        if isinstance(value, types.MethodType):
            return types.MethodType(value.__func__, self.copy(value.__self__))
        own = getattr(value, "__deepcopy__", None)
        if own is not None:
            return own(self.memo)
        reduce = copyreg.dispatch_table.get(type(value))
        try:
            parts: Any = reduce(value) if reduce is not None else value.__reduce_ex__(4)
        except TypeError as error:
            raise _Uncopyable(value, str(error)) from None
        if isinstance(parts, str):
            return value
        return self._rebuild(value, *parts)

    def _rebuild(
        self,
        value: Any,
        make: Any,
        args: tuple[Any, ...],
        state: Any = None,
        items: Iterator[Any] | None = None,
        pairs: Iterator[tuple[Any, Any]] | None = None,
        set_state: Any = None,
    ) -> Any:
        self.alive.append(args)
        copied = self._remember(value, make(*[self.copy(arg) for arg in args]))
        if state is not None:
            self.alive.append(state)
            _set_state(copied, self.copy(state), set_state)
        if items is not None:
            for item in items:
                copied.append(self.copy(item))
        if pairs is not None:
            for key, item in pairs:
                copied[self.copy(key)] = self.copy(item)
        return copied

    def callable(self, fn: Any) -> Any:
        if not isinstance(fn, types.FunctionType) or fn.__closure__ is None:
            return self.copy(fn)
        known = self.memo.get(id(fn))
        if known is not None:
            return known
        twin = native.twin(fn)
        self._remember(fn, twin)
        for cell in twin.__closure__:
            try:
                value = cell.cell_contents
            except ValueError:  # a variable that has no value yet
                continue
            cell.cell_contents = self.callable(value)
        return twin


_COPIES: dict[int, Any] = {
    kinds.LIST: _Copier._list,
    kinds.DICT: _Copier._dict,
    kinds.SET: _Copier._set,
    kinds.FROZENSET: _Copier._frozenset,
    kinds.TUPLE: _Copier._tuple,
    kinds.NAMED: _Copier._named,
    kinds.RECORD: _Copier._record,
    kinds.CUSTOM: _Copier._custom,
    kinds.OBJECT: _Copier._object,
}


def _set_state(copied: Any, state: Any, set_state: Any) -> None:
    if set_state is not None:
        set_state(copied, state)
    elif hasattr(copied, "__setstate__"):
        copied.__setstate__(state)
    else:
        both = isinstance(state, tuple) and len(state) == 2
        fields: Any = state[0] if both else state
        slots: Any = state[1] if both else None
        # Past __setattr__, which a frozen dataclass refuses.
        for name, item in {**(fields or {}), **(slots or {})}.items():
            object.__setattr__(copied, name, item)
