"""System messages: what a process is told of the end of others, or asked.

Frozen, made for `match`, and usable as patterns with `...` in any field:
`await receive(Down(ref, ..., ...))`.

Erlang: {'EXIT', Pid, Reason}, {'DOWN', Ref, process, Pid, Reason}, nodeup, nodedown,
{'$gen_call', From, Request}, {'$gen_cast', Request}, {system, From, Request}.
"""

from __future__ import annotations

from typing import Any

from aquavit.core.ids import Alias, Ref

__all__ = [
    "Call",
    "Cast",
    "Down",
    "Exit",
    "Method",
    "NodeDown",
    "NodeUp",
    "System",
    "SystemMessage",
]


class SystemMessage:
    """The base of the system messages."""

    __slots__ = ()
    __match_args__: tuple[str, ...] = ()

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in type(self).__match_args__)

    def __repr__(self) -> str:
        fields = zip(type(self).__match_args__, self._values(), strict=True)
        inside = ", ".join(f"{name}={value!r}" for name, value in fields)
        return f"{type(self).__name__}({inside})"

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return False
        return self._values() == other._values()  # type: ignore[attr-defined,unused-ignore]

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._values()))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._values()


class Exit(SystemMessage):
    """A linked process, or somebody's `exit(pid, reason)`, seen by one that traps exits.

    Elixir: {:EXIT, pid, reason}.
    """

    __slots__ = ("pid", "reason")
    __match_args__ = ("pid", "reason")

    def __init__(self, pid: Any, reason: Any) -> None:
        self.pid = pid
        self.reason = reason


class Down(SystemMessage):
    """A monitored process is gone; `pid` is `(name, node)` if it was monitored by name.

    Elixir: {:DOWN, ref, :process, pid, reason}.
    """

    __slots__ = ("pid", "reason", "ref")
    __match_args__ = ("ref", "pid", "reason")

    def __init__(self, ref: Any, pid: Any, reason: Any) -> None:
        self.ref = ref
        self.pid = pid
        self.reason = reason


class NodeUp(SystemMessage):
    """A node has connected. Elixir: {:nodeup, node}."""

    __slots__ = ("node",)
    __match_args__ = ("node",)

    def __init__(self, node: Any) -> None:
        self.node = node


class NodeDown(SystemMessage):
    """A node is lost. Elixir: {:nodedown, node}."""

    __slots__ = ("node", "reason")
    __match_args__ = ("node", "reason")

    def __init__(self, node: Any, reason: Any) -> None:
        self.node = node
        self.reason = reason


class Call(SystemMessage):
    """A request whose sender waits for `reply(from_, value)`.

    Elixir: {:"$gen_call", from, request}.
    """

    __slots__ = ("from_", "request")
    __match_args__ = ("request", "from_")

    def __init__(self, request: Any, from_: Any) -> None:
        self.request = request
        self.from_ = from_


class Cast(SystemMessage):
    """A request that nobody waits for. Elixir: {:"$gen_cast", request}."""

    __slots__ = ("request",)
    __match_args__ = ("request",)

    def __init__(self, request: Any) -> None:
        self.request = request


class Method(SystemMessage):
    """The request that a method of a behaviour sends: `KV.get(kv, "a")` sends `get('a')`.

    Elixir: the tuple that a client function of a GenServer sends.
    """

    __slots__ = ("args", "kwargs", "name")
    __match_args__ = ("name", "args", "kwargs")

    def __init__(self, name: Any, args: Any, kwargs: Any) -> None:
        self.name = name
        self.args = args
        self.kwargs = kwargs

    def __repr__(self) -> str:
        named = [f"{name}={value!r}" for name, value in (self.kwargs or {}).items()]
        return f"{self.name}({', '.join([*map(repr, self.args), *named])})"


class System(SystemMessage):
    """A request to the behaviour itself, whatever it is. Elixir: {:system, from, request}."""

    __slots__ = ("from_", "request")
    __match_args__ = ("request", "from_")

    def __init__(self, request: Any, from_: Any) -> None:
        self.request = request
        self.from_ = from_


def new_exit(pid: Any, reason: Any) -> Exit:
    """Make an `Exit` quickly."""
    message = Exit.__new__(Exit)
    message.pid = pid
    message.reason = reason
    return message


def new_down(ref: Ref, pid: Any, reason: Any) -> Down:
    """Make a `Down` quickly."""
    message = Down.__new__(Down)
    message.ref = ref
    message.pid = pid
    message.reason = reason
    return message


def told_down(ref: Ref, pid: Any, reason: Any, tag: Any) -> Any:
    """Return what a monitor is told: a Down, or the tuple that a tag asks for."""
    return new_down(ref, pid, reason) if tag is None else (tag, ref, pid, reason)


def new_method(name: str, args: Any, kwargs: Any) -> Method:
    """Make a `Method` quickly."""
    message = Method.__new__(Method)
    message.name = name
    message.args = args
    message.kwargs = kwargs
    return message


def new_call(request: Any, from_: Alias) -> Call:
    """Make a `Call` quickly."""
    message = Call.__new__(Call)
    message.request = request
    message.from_ = from_
    return message


def new_cast(request: Any) -> Cast:
    """Make a `Cast` quickly."""
    message = Cast.__new__(Cast)
    message.request = request
    return message
