"""System messages: what a process is told about the end of others.

Frozen, made for `match`, and usable as patterns with `...` in any field:
`await receive(Down(ref, ..., ...))`.

Erlang: {'EXIT', Pid, Reason}, {'DOWN', Ref, process, Pid, Reason}, nodeup, nodedown.
"""

from __future__ import annotations

from typing import Any

from aquavit.core.ids import Ref

__all__ = ["Down", "Exit", "NodeDown", "NodeUp", "SystemMessage"]


class SystemMessage:
    """The base of the four system messages."""

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
