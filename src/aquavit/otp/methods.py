"""`@call` and `@cast`: methods of a server that other processes use as its functions.

    class KV(GenServer):
        @call
        def get(self, key: str) -> object: ...

`KV.get(server, key)` sends the request and waits for what the method returns. On the
instance itself, inside the server, `self.get(key)` is the plain method.

Elixir: the client functions of a GenServer.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from aquavit.core import requests
from aquavit.core.exits import brief
from aquavit.core.ids import Pid
from aquavit.core.names import Address
from aquavit.core.requests import DEFAULT_TIMEOUT
from aquavit.otp.results import NoReply, Reply, Stop

__all__ = ["CallMethod", "CastMethod", "Server", "call", "cast"]

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")

#: What leads to a server.
Server = Pid[Any] | str | tuple[str, str] | Address


def _name_of(decorator: str, function: Any) -> str:
    """Return the name of a method.

    Raises:
        TypeError: `function` is none.
    """
    name = getattr(function, "__name__", None)
    if callable(function) and isinstance(name, str):
        return name
    raise TypeError(f"@{decorator}: expected a method, got {brief(function)}")


class CallMethod(requests.ClientMethod, Generic[S, P, R]):
    """A method that is called by sending a request; made by `@call`."""

    def __init__(self, function: Callable[..., Any], timeout: float | None) -> None:
        super().__init__(_name_of("call", function), function, timeout, True)
        functools.update_wrapper(self, function)

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type) -> CallMethod[S, P, R]: ...
        @overload
        def __get__(self, instance: object, owner: type) -> Callable[P, R]: ...
        def __get__(self, instance: Any, owner: type) -> Any: ...
        def __call__(  # type: ignore[override]  # noqa: D102
            self, server: Server, /, *args: P.args, **kwargs: P.kwargs
        ) -> Awaitable[R]: ...

    def within(self, timeout: float | None) -> CallMethod[S, P, R]:
        """Return the same method with another timeout, in seconds; None waits for ever.

        Example:
            >>> class Clock(GenServer):
            ...     @call
            ...     def time(self) -> int:
            ...         return 12
            >>> async def main():
            ...     return await Clock.time.within(0.5)(await Clock.start_link())
            >>> run(main)
            12

        Elixir: the timeout argument of GenServer.call/3.
        """
        return CallMethod(self.function, timeout)


class CastMethod(requests.ClientMethod, Generic[S, P]):
    """A method that is asked for without waiting; made by `@cast`."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(_name_of("cast", function), function, None, False)
        functools.update_wrapper(self, function)

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type) -> CastMethod[S, P]: ...
        @overload
        def __get__(self, instance: object, owner: type) -> Callable[P, Any]: ...
        def __get__(self, instance: Any, owner: type) -> Any: ...
        def __call__(  # type: ignore[override]  # noqa: D102
            self, server: Server, /, *args: P.args, **kwargs: P.kwargs
        ) -> None: ...


class _CallDecorator:
    """What `@call(timeout=...)` makes."""

    def __init__(self, timeout: float | None) -> None:
        self.timeout = timeout

    @overload
    def __call__(
        self, function: Callable[Concatenate[S, P], Coroutine[Any, Any, Reply[R] | NoReply | Stop]]
    ) -> CallMethod[S, P, R]: ...
    @overload
    def __call__(
        self, function: Callable[Concatenate[S, P], Coroutine[Any, Any, R]]
    ) -> CallMethod[S, P, R]: ...
    @overload
    def __call__(
        self, function: Callable[Concatenate[S, P], Reply[R] | NoReply | Stop]
    ) -> CallMethod[S, P, R]: ...
    @overload
    def __call__(self, function: Callable[Concatenate[S, P], R]) -> CallMethod[S, P, R]: ...
    def __call__(self, function: Callable[..., Any]) -> CallMethod[Any, ..., Any]:
        return CallMethod(function, self.timeout)


@overload
def call(
    function: Callable[Concatenate[S, P], Coroutine[Any, Any, Reply[R] | NoReply | Stop]], /
) -> CallMethod[S, P, R]: ...
@overload
def call(
    function: Callable[Concatenate[S, P], Coroutine[Any, Any, R]], /
) -> CallMethod[S, P, R]: ...
@overload
def call(
    function: Callable[Concatenate[S, P], Reply[R] | NoReply | Stop], /
) -> CallMethod[S, P, R]: ...
@overload
def call(function: Callable[Concatenate[S, P], R], /) -> CallMethod[S, P, R]: ...
@overload
def call(*, timeout: float | None) -> _CallDecorator: ...
def call(
    function: Callable[..., Any] | None = None, /, *, timeout: float | None = DEFAULT_TIMEOUT
) -> Any:
    """Make a method one that other processes call: its result is the reply.

    One that replies in another way says of what type: `-> Reply[str] | NoReply` for one that
    replies later, `-> Reply[str] | Stop` for one that ends the server with a reply.

    Args:
        function: the method, `def` or `async def`.
        timeout: seconds that a caller waits; None for ever.

    Returns:
        A function to be called with the server first, and awaited.

    Raises:
        CallTimeout, NoProcess, ServerExit: when awaited, as `GenServer.call`.

    Example:
        >>> class Counter(GenServer):
        ...     def init(self):
        ...         self.value = 0
        ...     @call
        ...     def add(self, amount: int) -> int:
        ...         self.value += amount
        ...         return self.value
        >>> async def main():
        ...     counter = await Counter.start_link()
        ...     await Counter.add(counter, 2)
        ...     return await Counter.add(counter, 3)
        >>> run(main)
        5

    Elixir: handle_call/3 and the client function that goes with it.
    """
    if function is None:
        return _CallDecorator(timeout)
    return CallMethod(function, timeout)


def cast(function: Callable[Concatenate[S, P], Any], /) -> CastMethod[S, P]:
    """Make a method one that other processes ask for without waiting.

    Args:
        function: the method, `def` or `async def`.

    Returns:
        A function to be called with the server first; it returns at once, also when the
        server is not there.

    Example:
        >>> class Counter(GenServer):
        ...     def init(self):
        ...         self.value = 0
        ...     @cast
        ...     def add(self, amount: int) -> None:
        ...         self.value += amount
        ...     @call
        ...     def get(self) -> int:
        ...         return self.value
        >>> async def main():
        ...     counter = await Counter.start_link()
        ...     Counter.add(counter, 2)
        ...     return await Counter.get(counter)
        >>> run(main)
        2

    Elixir: handle_cast/2 and the client function that goes with it.
    """
    return CastMethod(function)
