"""The deep copy of a message, for the values that `isolation` cannot pass as they are.

One `_Copier` copies one message: its memo (`id` of the original -> copy) keeps shared
and circular references. Unlike `copy.deepcopy` it knows the kinds of `kinds.py`, and
what cannot be copied is reported with the path to it.
"""

from __future__ import annotations

import collections
import copyreg
import functools
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from aquavit.core import immutability, kinds, native
from aquavit.core.exits import brief

__all__ = ["copy_callable", "copy_message"]


class _Uncopyable(Exception):
    def __init__(self, value: object, why: str) -> None:
        super().__init__(why)
        self.value = value
        self.why = why


def copy_message(value: Any, what: str) -> Any:
    """Return an independent deep copy of `value`; `what` it is stands in errors."""
    copier = _Copier()
    try:
        return copier.copy(value)
    except _Uncopyable as error:
        raise _explained(value, error, what) from error.__cause__
    except RecursionError:
        raise RecursionError(
            f"{what}: expected data that is nested some hundred levels deep at most, got more"
            "\nsend it by reference with share(...)"
        ) from None


def copy_callable(fn: Any) -> Any:
    """Return `fn` with copies of the variables that it has captured."""
    copier = _Copier()
    try:
        return copier.callable(fn)
    except _Uncopyable as error:
        raise _explained(fn, error, "captured") from error.__cause__


def _explained(root: object, error: _Uncopyable, name: str) -> TypeError:
    path = next((p for p, v in _walk(root, name, set()) if v is error.value), name)
    if native.is_coroutine(error.value):
        return TypeError(
            f"{path}: expected data that can be copied, got a coroutine: {brief(error.value)}"
            "\nawait it first, or pass its function and arguments"
        )
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
    for step, item in _parts(value):
        yield from _walk(item, path + step, seen)


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the parts of one value, each with the last step of its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield f"[{brief(key)}]", item
    elif isinstance(value, (list, tuple, set, frozenset, collections.deque)):
        for index, item in enumerate(value):
            yield f"[{index}]", item
    elif isinstance(value, types.FunctionType):
        for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
            for item in _contents(cell):
                yield f".{name}", item
    elif isinstance(value, (types.MethodType, types.BuiltinFunctionType)):
        yield ".__self__", value.__self__
    elif isinstance(value, functools.partial):
        yield from ((".func", value.func), (".args", value.args), (".keywords", value.keywords))
    if kinds.kind_of(type(value)) not in (kinds.ATOM, kinds.HANDLE):
        for name, item in _attributes(value):
            yield f".{name}", item


def _contents(cell: types.CellType) -> list[Any]:
    """Return what the cell holds: nothing if its variable has no value yet."""
    try:
        return [cell.cell_contents]
    except ValueError:
        return []


def _attributes(value: object) -> list[tuple[str, Any]]:
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
        copied: set[Any] = set()
        self._remember(value, copied)
        copied.update(self.copy(item) for item in value)
        return copied

    def _frozenset(self, value: frozenset[Any]) -> Any:
        return self._fixed(value, frozenset)

    def _tuple(self, value: tuple[Any, ...]) -> Any:
        return self._fixed(value, tuple)

    def _named(self, value: Any) -> Any:
        return self._fixed(value, type(value)._make)

    def _fixed(self, value: Any, make: Callable[[Iterable[Any]], Any]) -> Any:
        """Copy a container that is made whole; one of immutable values stays as it is."""
        items = [self.copy(item) for item in value]
        # It may have been copied meanwhile, through a cycle that leads back to it.
        known = self.memo.get(id(value))
        if known is not None:
            return known
        if all(new is old for new, old in zip(items, value, strict=True)):
            return value
        return make(items)

    def _record(self, value: Any) -> Any:
        if immutability.immutable(value):
            return value
        return self._object(value)

    def _custom(self, value: Any) -> Any:
        return self._explaining(kinds.custom_copy, value)

    def _object(self, value: Any) -> Any:
        return self._explaining(self._by_type, value)

    def _explaining(self, make: Callable[[Any], Any], value: Any) -> Any:
        """Return `make(value)`; what the type's own code raises says why there is no copy."""
        try:
            return make(value)
        except (_Uncopyable, RecursionError, MemoryError):
            raise
        except Exception as error:
            kind = "" if isinstance(error, TypeError) else f"{type(error).__name__}: "
            raise _Uncopyable(value, f"{kind}{error}") from error

    def _by_type(self, value: Any) -> Any:
        """Copy as `copy.deepcopy` would."""
        if isinstance(value, types.MethodType):
            return types.MethodType(value.__func__, self.copy(value.__self__))
        if isinstance(value, types.BuiltinFunctionType):
            return self._builtin(value)
        return self._by_protocol(value)

    def _builtin(self, value: Any) -> Any:
        """Copy a built-in method such as `list.append` with its object."""
        own = self.copy(value.__self__)
        return value if own is value.__self__ else getattr(own, value.__name__)

    def _by_protocol(self, value: Any) -> Any:
        own = getattr(value, "__deepcopy__", None)
        if own is not None:
            return own(self.memo)
        reduce = copyreg.dispatch_table.get(type(value))
        parts: Any = reduce(value) if reduce is not None else value.__reduce_ex__(4)
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
        copied_args = [self.copy(arg) for arg in args]
        known = self.memo.get(id(value))  # a cycle may lead back here, as in `_fixed`
        if known is not None:
            return known
        copied = self._remember(value, make(*copied_args))
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
        """Copy what a function that is to be spawned has captured, at any depth."""
        known = self.memo.get(id(fn))
        if known is not None:
            return known
        if isinstance(fn, types.FunctionType) and fn.__closure__ is not None:
            return self._closure(fn)
        if type(fn) is types.MethodType:
            return types.MethodType(self.callable(fn.__func__), self.copy(fn.__self__))
        if type(fn) is functools.partial:
            keywords = {name: self.callable(arg) for name, arg in fn.keywords.items()}
            args = [self.callable(arg) for arg in fn.args]
            return functools.partial(self.callable(fn.func), *args, **keywords)
        return self.copy(fn)

    def _closure(self, fn: types.FunctionType) -> Any:
        twin = native.twin(fn)
        self._remember(fn, twin)
        for cell in twin.__closure__:
            for value in _contents(cell):
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
        # Past __setattr__, which a frozen dataclass refuses, and past properties.
        if fields:
            copied.__dict__.update(fields)
        for name, item in (slots or {}).items():
            object.__setattr__(copied, name, item)
