"""What kind of value a type makes, for isolation: found once a type, remembered."""

from __future__ import annotations

import asyncio
import collections
import concurrent.futures
import contextvars
import dataclasses
import enum
import functools
import io
import logging
import operator
import queue
import re
import socket
import subprocess
import sys
import threading
import types
import typing
import weakref
from collections.abc import Callable
from typing import Any

from aquavit.core.ids import Pid, Ref
from aquavit.core.signals import SystemMessage
from aquavit.core.task import ProcessTask

__all__ = ["CUSTOM_COPIES", "KINDS", "NEVER_AWAITED", "kind_of", "record_values"]

#: Types of values that cannot be awaited: `inspect` needs a microsecond to say the same.
NEVER_AWAITED = frozenset((type(None), bool, int, float, str, bytes, list, dict, set, tuple))

ATOM, TUPLE, NAMED, RECORD, FROZENSET, LIST, DICT, SET, HANDLE, CUSTOM, OBJECT = range(11)


class Shared:
    """One object that goes by reference; the receiver gets the object itself."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __deepcopy__(self, memo: object) -> object:
        return self.value

    def __repr__(self) -> str:
        return f"share({self.value!r})"


#: type -> kind, for the types seen so far.
KINDS: dict[type, int] = {}
#: what `isolation.register` was told: type -> copy function, or None for a handle.
CUSTOM_COPIES: dict[type, Callable[[Any], Any] | None] = {}

_EXACT = {tuple: TUPLE, frozenset: FROZENSET, list: LIST, dict: DICT, set: SET}

_ATOMS: tuple[type, ...] = (
    *(type, types.FunctionType, types.ModuleType),
    *(types.WrapperDescriptorType, types.MethodDescriptorType, types.GenericAlias),
    *(types.UnionType, type(Ellipsis), type(NotImplemented), types.CodeType),
    *(BaseException, enum.Enum, Pid, Ref, typing.TypeVar, weakref.ref),
    *(re.Pattern, contextvars.ContextVar, contextvars.Token),
)
#: Atoms too, by module: to load these would take as long as half of the package.
_NAMED_ATOMS: dict[str, tuple[str, ...]] = {"datetime": ("tzinfo",)}
#: The same, but a subclass may have attributes of its own, in a `__dict__`.
_NAMED_VALUES: dict[str, tuple[str, ...]] = {
    "datetime": ("date", "time", "timedelta"),
    "decimal": ("Decimal",),
    "fractions": ("Fraction",),
    "pathlib": ("PurePath",),
    "uuid": ("UUID",),
}
_EXACT_ATOMS = (int, str, bytes, float, complex, bool, range, type(None), object)

_HANDLES: tuple[type, ...] = (
    *(asyncio.StreamReader, asyncio.StreamWriter, asyncio.BaseTransport),
    *(asyncio.BaseProtocol, asyncio.AbstractEventLoop, asyncio.AbstractServer),
    *(asyncio.Future, asyncio.Lock, asyncio.Event, asyncio.Condition),
    *(asyncio.Semaphore, asyncio.Queue, asyncio.subprocess.Process),
    *(asyncio.Barrier, asyncio.TaskGroup, asyncio.Runner),
    *(socket.socket, io.IOBase, subprocess.Popen, logging.Logger, logging.Handler),
    *(type(threading.Lock()), type(threading.RLock()), threading.Condition),
    *(threading.Event, threading.Semaphore, threading.Barrier, threading.Thread),
    *(queue.Queue, queue.SimpleQueue, concurrent.futures.Future),
    *(concurrent.futures.Executor, contextvars.Context, threading.local, ProcessTask),
)
#: Files and transports that say so only by where they come from.
_HANDLE_MODULES = ("tempfile", "uvloop.loop")
#: Handles by module, as above.
_NAMED_HANDLES: dict[str, tuple[str, ...]] = {
    "sqlite3": ("Connection", "Cursor"),
    "ssl": ("SSLContext",),
}
_CONTAINERS = (list, dict, set, tuple, frozenset, bytearray, collections.deque)
_MOST_KINDS = 4096


def kind_of(cls: type) -> int:
    """Return the kind of values whose exact type is `cls`."""
    kind = KINDS.get(cls)
    if kind is None:
        if len(KINDS) >= _MOST_KINDS:  # classes made at run time must not pile up
            KINDS.clear()
        kind = KINDS[cls] = _classify(cls)
    return kind


def _classify(cls: type) -> int:
    for base in cls.__mro__:
        if base in CUSTOM_COPIES:
            return HANDLE if CUSTOM_COPIES[base] is None else CUSTOM
    if cls in _EXACT:
        return _EXACT[cls]
    if cls in _EXACT_ATOMS or issubclass(cls, (*_ATOMS, *_loaded(_NAMED_ATOMS))):
        return ATOM
    if issubclass(cls, _loaded(_NAMED_VALUES)) and not cls.__dictoffset__:
        return ATOM
    if issubclass(cls, SystemMessage):
        return RECORD
    if issubclass(cls, tuple) and hasattr(cls, "_fields") and not cls.__dictoffset__:
        return NAMED
    if _is_frozen(cls):
        return RECORD
    if issubclass(cls, (io.BytesIO, io.StringIO)):  # any other file is a handle
        return OBJECT
    if issubclass(cls, (*_HANDLES, *_loaded(_NAMED_HANDLES))):
        return HANDLE
    # What `async with` closes is a session, a pool, a client: it stands for what is open.
    is_handle = cls.__module__ in _HANDLE_MODULES or hasattr(cls, "__aexit__")
    return HANDLE if is_handle else OBJECT


def _loaded(names: dict[str, tuple[str, ...]]) -> tuple[type, ...]:
    """Return those of the classes whose module is loaded; there is no value of the others."""
    modules = [(sys.modules.get(module), found) for module, found in names.items()]
    return tuple(
        getattr(module, name)
        for module, found in modules
        for name in found
        if hasattr(module, name)
    )


def _is_frozen(cls: type) -> bool:
    """Tell whether `cls` itself, and not only a base, is a frozen dataclass."""
    parameters = cls.__dict__.get("__dataclass_params__")
    return parameters is not None and parameters.frozen and not issubclass(cls, _CONTAINERS)


def custom_copy(value: object) -> Any:
    """Copy a CUSTOM value with the function registered for the nearest base."""
    for base in type(value).__mro__:
        copy = CUSTOM_COPIES.get(base)
        if copy is not None:
            return copy(value)
    raise LookupError(type(value))


#: What reads all fields of a frozen dataclass at once, and their names.
_FIELDS: dict[type, tuple[Callable[[Any], Any], tuple[str, ...]]] = {}


def record_values(value: Any) -> tuple[Any, ...]:
    """Return the field values of a RECORD, in order.

    A frozen dataclass may carry more in its `__dict__` (a cached property); all counts.
    """
    if isinstance(value, SystemMessage):
        return tuple(getattr(value, name) for name in type(value).__match_args__)
    cls = type(value)
    known = _FIELDS.get(cls)
    if known is None:
        known = _know_fields(cls)
    read, names = known
    if cls.__dictoffset__ == 0:  # the fields are its slots, and all there is
        try:
            return read(value)  # type: ignore[no-any-return]
        except AttributeError:
            pass  # one has been left unset
    extra = collections.ChainMap(getattr(value, "__dict__", {})).keys() - set(names)
    return _values(tuple(name for name in [*names, *sorted(extra)] if hasattr(value, name)), value)


def _know_fields(cls: type) -> tuple[Callable[[Any], Any], tuple[str, ...]]:
    names = tuple(field.name for field in dataclasses.fields(cls))
    read: Callable[[Any], Any] = functools.partial(_values, names)
    if len(names) > 1:  # of one name it would give the value, and not a tuple
        read = operator.attrgetter(*names)
    if len(_FIELDS) >= _MOST_KINDS:
        _FIELDS.clear()
    known = _FIELDS[cls] = read, names
    return known


def _values(names: tuple[str, ...], value: Any) -> tuple[Any, ...]:
    return tuple(getattr(value, name) for name in names)
