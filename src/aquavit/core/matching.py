"""Patterns: what `receive` waits for, compiled once into a tree of small matchers.

    Anything      `...`
    Instance      a type or a union of types
    Guard         a plain function; TypeError, LookupError, AttributeError and ValueError
                  count as no match
    Sequence      a tuple or list: same type, same length, element by element
    Mapping       a dict: those keys at least
    Record        a dataclass, NamedTuple or system message: same class, field by field
    Equal         anything else: equal, and numbers and booleans of the same type

Comparing may run the code of a message's own class (`__eq__`, `__instancecheck__`), and
it runs where the message is sent. Whatever that code raises is no match as well.

`Matcher` is what a receive holds: its alternatives, whether a guard runs user code, whether
its patterns will always mean the same (`lasting`), and `fresh`: the id of the Ref that every
matching message must contain (0 if there is none).
In place of alternatives it may have a `ref`, for the two waits that are on a fresh one
nearly always: it then accepts `(ref, ...)`, and if `asks` also `Down(ref, ..., ...)`, what
may follow a request.

Erlang: receive clauses and match specifications.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from typing import Any

from aquavit.core import directives as cython
from aquavit.core.exits import brief
from aquavit.core.ids import Alias, Pid, Ref
from aquavit.core.signals import Down, SystemMessage

if False:  # tells Cython that `cython` means its directives
    import cython  # type: ignore

__all__ = ["Matcher", "compile_patterns"]

_GUARDS = (
    *(types.FunctionType, types.BuiltinFunctionType, types.MethodType),
    *(types.MethodDescriptorType, functools.partial),
)
#: Types whose `==` runs no user code and raises nothing.
_PLAIN = (str, int, float, bool, complex, bytes, Pid, Ref, Alias)
_NO_MATCH = (TypeError, LookupError, AttributeError, ValueError)
_CACHE_LIMIT = 1024
#: Levels of a pattern: the compiled matchers go down without counting.
_DEEPEST = 100
_CACHE: dict[tuple[Any, ...], Matcher] = {}


class Pattern:
    """The base of the matchers: matches anything."""

    __slots__ = ()

    def matches(self, value: Any) -> bool:
        return True


ANYTHING = Pattern()


class Nothing(Pattern):
    __slots__ = ()

    def matches(self, value: Any) -> bool:
        return False


class Instance(Pattern):
    __slots__ = ("types",)

    def __init__(self, accepted: Any) -> None:
        self.types = accepted

    def matches(self, value: Any) -> bool:
        if type(value) is self.types:
            return True
        try:
            return isinstance(value, self.types)
        except Exception:
            return False


class Guard(Pattern):
    __slots__ = ("function",)

    def __init__(self, function: Any) -> None:
        self.function = function

    def matches(self, value: Any) -> bool:
        try:
            return bool(self.function(value))
        except _NO_MATCH:
            return False


class Equal(Pattern):
    __slots__ = ("plain", "strict", "type", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.type = type(value)
        self.plain = self.type in _PLAIN
        # 1, 1.0 and True are equal in Python but not in a pattern, as in Elixir.
        self.strict = isinstance(value, (int, float, complex))

    def matches(self, value: Any) -> bool:
        if value is self.value:
            return True
        if type(value) is self.type:
            if self.plain:
                return bool(value == self.value)
        elif self.strict:
            return False
        try:
            return bool(value == self.value)
        except Exception:
            return False


class Sequence(Pattern):
    __slots__ = ("items", "type")

    def __init__(self, cls: Any, items: tuple[Pattern, ...]) -> None:
        self.type = cls
        self.items = items

    def matches(self, value: Any) -> bool:
        if type(value) is not self.type or len(value) != len(self.items):
            return False
        if self.type is tuple:
            return matches_all(self.items, value)
        return matches_all(self.items, tuple(value))


class Mapping(Pattern):
    __slots__ = ("items", "keys")

    def __init__(self, keys: tuple[Any, ...], items: tuple[Pattern, ...]) -> None:
        self.keys = keys
        self.items = items

    def matches(self, value: Any) -> bool:
        if not isinstance(value, dict):
            return False
        try:
            found = tuple([value[key] for key in self.keys if key in value])
        except Exception:
            return False
        return len(found) == len(self.keys) and matches_all(self.items, found)


class Record(Pattern):
    __slots__ = ("items", "names", "type")

    def __init__(self, cls: type, names: tuple[str, ...], items: tuple[Pattern, ...]) -> None:
        self.type = cls
        self.names = names
        self.items = items

    def matches(self, value: Any) -> bool:
        if type(value) is not self.type:
            return False
        try:
            found = tuple([getattr(value, name) for name in self.names])
        except Exception:  # a field that was never set
            return False
        return matches_all(self.items, found)


def matches_all(items: tuple[Pattern, ...], values: tuple[Any, ...]) -> bool:
    """Tell whether each of `values` matches the pattern at its place."""
    for index in range(len(items)):
        pattern: Pattern = items[index]
        if not pattern.matches(values[index]):
            return False
    return True


@cython.final
@cython.no_gc
@cython.freelist(64)
@cython.cclass
class Matcher:
    """The compiled patterns of one receive."""

    __slots__ = ("asks", "first", "fresh", "guarded", "lasting", "others", "patterns", "ref")
    asks: bool
    first: Pattern
    fresh: int
    guarded: bool
    lasting: bool
    others: tuple[Pattern, ...]
    patterns: tuple[Any, ...]
    ref: Ref | None

    def accepts(self, value: Any) -> bool:
        """Tell whether `value` matches any of the patterns."""
        if self.ref is not None:
            if type(value) is tuple:
                return len(value) == 2 and same_ref(value[0], self.ref)
            return self.asks and type(value) is Down and is_about(value, self.ref)
        if self.first.matches(value):
            return True
        for index in range(len(self.others)):
            pattern: Pattern = self.others[index]
            if pattern.matches(value):
                return True
        return False


def new_matcher(patterns: tuple[Any, ...], alternatives: tuple[Pattern, ...]) -> Matcher:
    """Make a Matcher of compiled patterns."""
    matcher = Matcher.__new__(Matcher)
    matcher.ref = None
    matcher.asks = False
    matcher.patterns = patterns
    matcher.first = alternatives[0]
    matcher.others = alternatives[1:]
    matcher.guarded = False
    matcher.lasting = False
    matcher.fresh = 0
    return matcher


def answer_to(ref: Ref) -> Matcher:
    """Return the Matcher for what may follow the request `ref`."""
    matcher = tagged((), ref)
    matcher.asks = True
    return matcher


def tagged(patterns: tuple[Any, ...], ref: Ref) -> Matcher:
    """Return the Matcher for `(ref, ...)`."""
    matcher = Matcher.__new__(Matcher)
    matcher.ref = ref
    matcher.asks = False
    matcher.patterns = patterns
    matcher.first = ANYTHING
    matcher.others = ()
    matcher.guarded = False
    matcher.lasting = False
    matcher.fresh = ref.id
    return matcher


def is_tag(pattern: Any) -> bool:
    """Tell whether a pattern is `(ref, ...)`."""
    if type(pattern) is not tuple or len(pattern) != 2 or pattern[1] is not ...:
        return False
    return type(pattern[0]) is Ref or type(pattern[0]) is Alias


def same_ref(value: Any, ref: Ref) -> bool:
    """Tell whether `value` is the Ref, or a copy of it."""
    return value is ref or (isinstance(value, Ref) and bool(value == ref))


def is_about(down: Down, ref: Ref) -> bool:
    """Tell whether `down` is of the monitor `ref`."""
    return same_ref(down.ref, ref)


def compile_patterns(patterns: tuple[Any, ...]) -> Matcher:
    """Return the Matcher for `patterns`, from the cache when they were seen before.

    Raises:
        TypeError: a pattern is a generic alias such as `list[int]`.
        ValueError: a pattern is nested too deeply.
    """
    if len(patterns) == 1 and is_tag(patterns[0]):
        return tagged(patterns, patterns[0][0])
    return Compiler().known(patterns)


def identical(a: Any, b: Any) -> bool:
    """Tell whether two patterns are the same also where `==` does not see it (1, True)."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, SystemMessage):
        names = type(a).__match_args__
        return all([identical(getattr(a, name), getattr(b, name)) for name in names])
    if isinstance(a, tuple):
        if len(a) != len(b):
            return False
        for index in range(len(a)):
            if not identical(a[index], b[index]):
                return False
        return True
    return bool(a == b)


def check_depth(pattern: tuple[Any, ...], level: int) -> None:
    """Raise ValueError if tuples are nested too deeply in `pattern`, which is at `level`."""
    if level > _DEEPEST:
        raise _too_deep()
    for part in pattern:
        if isinstance(part, tuple):
            check_depth(part, level + 1)


class Compiler:
    """Compiles one receive; notes what the whole of it says."""

    __slots__ = ("depth", "guarded", "lasting", "newest")

    def __init__(self) -> None:
        self.lasting = True
        self.guarded = False
        self.newest = 0
        self.depth = 0

    def known(self, patterns: tuple[Any, ...]) -> Matcher:
        """Return the Matcher of patterns that are equal to `patterns`, or make it."""
        check_depth(patterns, 0)  # to hash them, Python goes down without counting as well
        try:
            known = _CACHE.get(patterns)
        except TypeError:  # a list or dict inside, or another unhashable value
            return self.matcher(patterns)
        if known is not None and identical(known.patterns, patterns):
            return known
        matcher = self.matcher(patterns)
        if self.lasting:
            if len(_CACHE) >= _CACHE_LIMIT:
                _CACHE.clear()
            _CACHE[patterns] = matcher
            matcher.lasting = True
        return matcher

    def matcher(self, patterns: tuple[Any, ...]) -> Matcher:
        """Return the Matcher of all patterns of a receive."""
        alternatives = []
        fresh = -1
        for pattern in patterns:
            self.newest = 0
            alternatives.append(self.compile(pattern))
            fresh = self.newest if fresh < 0 else min(fresh, self.newest)
        matcher = new_matcher(patterns, tuple(alternatives))
        matcher.guarded = self.guarded
        matcher.fresh = fresh
        return matcher

    def compile(self, pattern: Any) -> Pattern:
        """Return the matcher of one pattern; the usual kinds come first."""
        cls = type(pattern)
        if pattern is ...:
            return ANYTHING
        if cls is str or cls is int or cls is float or cls is bool or pattern is None:
            return Equal(pattern)
        if cls is Ref or cls is Alias or cls is Pid:
            return self.identity(pattern)
        if cls is tuple or cls is list:
            return Sequence(cls, self.all(pattern))
        if cls is type:
            return Instance(pattern)
        if cls is dict:
            return Mapping(tuple(pattern), self.all(pattern.values()))
        return self.compile_other(pattern)

    def identity(self, pattern: Any) -> Pattern:
        """A Pid or Ref: such patterns are too many to be cached."""
        self.lasting = False
        if isinstance(pattern, Ref):
            self.newest = max(self.newest, pattern.id)
        return Equal(pattern)

    def compile_other(self, pattern: Any) -> Pattern:
        """`compile` for the less common kinds."""
        if isinstance(pattern, (type, types.UnionType)):
            return Instance(_checkable(pattern, pattern))
        if isinstance(pattern, _GUARDS):
            self.lasting = False
            self.guarded = True
            return Guard(pattern)
        names = _field_names(pattern)
        if names is not None:
            # A dataclass that is not frozen may say something else next time.
            self.lasting = self.lasting and isinstance(pattern, (tuple, SystemMessage))
            return Record(type(pattern), names, self.all([getattr(pattern, n) for n in names]))
        origin = typing.get_origin(pattern)
        if origin is typing.Union:
            return Instance(_checkable(typing.get_args(pattern), pattern))
        if origin is not None:
            raise TypeError(
                f"receive: expected a pattern, got {pattern!r}\n"
                f"use the plain type {getattr(origin, '__name__', origin)}; "
                f"type arguments cannot be checked at run time"
            )
        if isinstance(pattern, Ref):
            return self.identity(pattern)
        # An unknown class may compare by anything that changes: compile it each time.
        self.lasting = self.lasting and type(pattern) is bytes
        return Equal(pattern)

    def all(self, patterns: Any) -> tuple[Pattern, ...]:
        """Compile the parts of a pattern."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _too_deep()
        compiled = []
        for pattern in patterns:
            compiled.append(self.compile(pattern))
        self.depth -= 1
        return tuple(compiled)


def _too_deep() -> ValueError:
    return ValueError(f"receive: expected a pattern of at most {_DEEPEST} levels, got a deeper one")


def _checkable(accepted: Any, pattern: Any) -> Any:
    """Return what `isinstance` takes, which must not fail once a message is there."""
    try:
        isinstance(ANYTHING, accepted)
    except TypeError as error:
        raise TypeError(f"receive: expected a pattern, got {brief(pattern)}\n{error}") from None
    return accepted


def _field_names(pattern: Any) -> tuple[str, ...] | None:
    names: Any = getattr(pattern, "_fields", None)
    if isinstance(pattern, SystemMessage):
        return type(pattern).__match_args__
    if isinstance(pattern, tuple) and names is not None:
        return tuple(names)
    if dataclasses.is_dataclass(pattern):
        return tuple(field.name for field in dataclasses.fields(pattern))
    return None


def describe(matcher: Matcher) -> str:
    """Return the patterns as the user wrote them, for messages about a wait."""
    return ", ".join("..." if p is ... else brief(p) for p in matcher.patterns)
