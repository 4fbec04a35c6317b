"""Messages: send, receive, flush, sleep; with the types that checkers see.

At run time `send` and `receive` are the core's own functions, so that a call costs no
extra layer; the declarations here tell type checkers what they take and give.

Elixir: Kernel.send/2, receive/1, Process.sleep/1.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, TypeVar, overload

from aquavit.core import calls, loops, receiving
from aquavit.core.ids import Alias, Pid, Ref
from aquavit.core.names import Address

__all__ = ["flush", "receive", "send", "sleep"]

if TYPE_CHECKING:
    M = TypeVar("M")
    T = TypeVar("T")
    T2 = TypeVar("T2")
    T3 = TypeVar("T3")
    D = TypeVar("D")
    Tag = TypeVar("Tag", str, Ref)

    @overload
    def send(dest: Pid[M], message: M) -> M: ...
    @overload
    def send(dest: str | tuple[str, str] | Address | Alias, message: M) -> M: ...
    def send(dest: Any, message: Any) -> Any:
        """See `aquavit.core.calls.send`."""
        raise NotImplementedError

    @overload
    def receive(*, timeout: float | None = None) -> Awaitable[Any]: ...
    @overload
    def receive(*, timeout: float | None, default: D) -> Awaitable[Any | D]: ...
    @overload
    def receive(p1: type[T], /, *, timeout: float | None = None) -> Awaitable[T]: ...
    @overload
    def receive(p1: type[T], /, *, timeout: float | None, default: D) -> Awaitable[T | D]: ...
    @overload
    def receive(
        p1: type[T], p2: type[T2], /, *, timeout: float | None = None
    ) -> Awaitable[T | T2]: ...
    @overload
    def receive(
        p1: type[T], p2: type[T2], p3: type[T3], /, *, timeout: float | None = None
    ) -> Awaitable[T | T2 | T3]: ...
    @overload
    def receive(
        p1: tuple[Tag, type[T]], /, *, timeout: float | None = None
    ) -> Awaitable[tuple[Tag, T]]: ...
    @overload
    def receive(
        p1: tuple[Tag, type[T], type[T2]], /, *, timeout: float | None = None
    ) -> Awaitable[tuple[Tag, T, T2]]: ...
    @overload
    def receive(
        p1: tuple[type[T], type[T2]], /, *, timeout: float | None = None
    ) -> Awaitable[tuple[T, T2]]: ...
    @overload
    def receive(
        *patterns: Any, timeout: float | None = None, default: Any = ...
    ) -> Awaitable[Any]: ...
    def receive(*patterns: Any, timeout: float | None = None, default: Any = ...) -> Awaitable[Any]:
        """See `aquavit.core.calls.receive`."""
        raise NotImplementedError

else:
    send = calls.send
    receive = calls.receive


def flush() -> list[Any]:
    """Take out and return everything in the mailbox.

    Returns:
        The messages, oldest first.

    Example:
        >>> async def main():
        ...     send(self(), 1)
        ...     send(self(), 2)
        ...     return flush(), flush()
        >>> run(main)
        ([1, 2], [])

    Elixir: flush/0 of iex.
    """
    process = loops.here("flush")
    messages = process.contents()
    process.clear_mailbox()
    return messages


def sleep(seconds: float | None) -> Awaitable[None]:
    """Wait, while the mailbox goes on filling.

    Args:
        seconds: 0 or more; 0 gives way to others once, None waits for ever.

    Raises:
        TypeError, ValueError: `seconds` is no number, or negative.

    Example:
        >>> async def main():
        ...     return await sleep(0.001)
        >>> run(main)

    Elixir: Process.sleep/1.
    """
    return receiving.awaitable(receiving.new_sleep(seconds))  # type: ignore[no-any-return]
