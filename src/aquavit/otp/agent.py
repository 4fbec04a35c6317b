"""Agents: processes that keep a value, which functions look at and change.

Elixir: Agent.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, TypeVarTuple, cast

from aquavit.core import isolation, requests
from aquavit.core.exits import brief
from aquavit.core.kinds import NEVER_AWAITED
from aquavit.core.requests import DEFAULT_TIMEOUT
from aquavit.otp.gen_server import GenServer
from aquavit.otp.methods import Server
from aquavit.otp.results import Reply, refused

__all__ = ["Agent"]

T = TypeVar("T")
A = TypeVarTuple("A")


class Agent(GenServer):
    """A process that keeps a value; functions that run inside it look at it and change it.

    One function runs at a time, so that no update is lost. What it returns is copied on its
    way out; the functions may be `def` or `async def`, and may raise: the agent ends with
    that, and the caller gets ServerExit.

    `start`, `start_link` and `child_spec` take the function that gives the first value, and
    its arguments; `stop` is that of GenServer.

    Example:
        >>> async def main():
        ...     basket = await Agent.start_link(list)
        ...     await Agent.update(basket, lambda fruit: [*fruit, "apple"])
        ...     return await Agent.get(basket, lambda fruit: fruit)
        >>> run(main)
        ['apple']

    Elixir: Agent.
    """

    __slots__ = ("_value",)

    _value: Any

    async def init(self, fn: Callable[..., Any], *args: Any) -> None:
        """Keep what `fn(*args)` returns.

        Elixir: Agent.start_link/2.
        """
        if not callable(fn):
            _refuse(fn, "start")
        made = isolation.isolate_callable(fn)(*args)
        self._value = await made if inspect.isawaitable(made) else made

    def handle_call(self, request: Any, from_: Any) -> Any:
        """Run the function of `get`, `update` or `get_and_update`."""
        how, fn, args = request
        made = fn(self._value, *args)
        if type(made) in NEVER_AWAITED:
            return made if how == "get" else self._done(how, made)
        if inspect.isawaitable(made):
            return self._await(how, made)
        return self._done(how, made)

    def handle_cast(self, request: Any) -> Any:
        """Run the function of `cast`."""
        _, fn, args = request
        made = fn(self._value, *args)
        if inspect.isawaitable(made):
            return self._await("cast", made)
        self._value = made
        return None

    async def _await(self, how: str, made: Any) -> Any:
        """Go on when the function, an `async def` one, has returned."""
        return self._done(how, await made)

    def _done(self, how: str, made: Any) -> Any:
        """Return what is to be replied, and keep what is to be kept."""
        if how == "get":
            return Reply(made)
        if how != "get_and_update":
            self._value = made
            return None
        if type(made) is not tuple or len(made) != 2:
            raise refused(
                "bad_return_value", made, "get_and_update", "(what to return, what to keep)"
            )
        value, self._value = made
        return Reply(value)

    def handle_info(self, message: Any) -> None:
        """Ignore what is no request."""

    def get_state(self) -> Any:
        """Return the value."""
        return self._value

    def set_state(self, state: Any) -> None:
        """Take over another value."""
        self._value = state

    # --- using

    @staticmethod
    def get(
        agent: Server,
        fn: Callable[[Any, *A], T],
        *args: *A,
        timeout: float | None = DEFAULT_TIMEOUT,
    ) -> Awaitable[T]:
        """Return `fn(value, *args)`, which runs inside the agent.

        Args:
            agent: a Pid, a name, `(name, node)` or a Via.
            fn: a function of the value; it must not change it.
            args: more arguments.
            timeout: seconds; None waits for ever.

        Raises:
            NoProcess: there is no such agent.
            ServerExit: the function raised.
            CallTimeout: not in time; the function runs on.

        Example:
            >>> async def main():
            ...     return await Agent.get(await Agent.start_link(lambda: [1, 2]), sum)
            >>> run(main)
            3

        Elixir: Agent.get/3.
        """
        return cast("Awaitable[T]", _request(agent, "get", fn, args, timeout))

    @staticmethod
    def update(
        agent: Server,
        fn: Callable[[Any, *A], object],
        *args: *A,
        timeout: float | None = DEFAULT_TIMEOUT,
    ) -> Awaitable[None]:
        """Let the agent keep what `fn(value, *args)` returns, and wait until it does.

        Args and raises as `get`. If the time is over the update still happens.

        Example:
            >>> async def main():
            ...     counter = await Agent.start_link(int)
            ...     await Agent.update(counter, lambda n: n + 1)
            ...     return await Agent.get(counter, lambda n: n)
            >>> run(main)
            1

        Elixir: Agent.update/3.
        """
        return cast("Awaitable[None]", _request(agent, "update", fn, args, timeout))

    @staticmethod
    def get_and_update(
        agent: Server,
        fn: Callable[[Any, *A], tuple[T, Any]],
        *args: *A,
        timeout: float | None = DEFAULT_TIMEOUT,
    ) -> Awaitable[T]:
        """Look at the value and change it in one step.

        Args and raises as `get`.

        Args:
            fn: returns `(what to return, what to keep)`; the agent ends if it does not.

        Example:
            >>> async def main():
            ...     queue = await Agent.start_link(lambda: [1, 2, 3])
            ...     return await Agent.get_and_update(queue, lambda items: (items[0], items[1:]))
            >>> run(main)
            1

        Elixir: Agent.get_and_update/3.
        """
        return cast("Awaitable[T]", _request(agent, "get_and_update", fn, args, timeout))

    @staticmethod
    def cast(  # pyright: ignore[reportIncompatibleMethodOverride]
        agent: Server, fn: Callable[[Any, *A], object], *args: *A
    ) -> None:
        """Let the agent keep what `fn(value, *args)` returns, without waiting for it.

        Args:
            agent: a Pid, a name, `(name, node)` or a Via; one that is not there is ignored.
            fn: a function of the value.
            args: more arguments.

        Example:
            >>> async def main():
            ...     counter = await Agent.start_link(int)
            ...     Agent.cast(counter, lambda n: n + 1)
            ...     return await Agent.get(counter, lambda n: n)
            >>> run(main)
            1

        Elixir: Agent.cast/2.
        """
        if not callable(fn):
            _refuse(fn, "cast")
        requests.cast(agent, ("cast", isolation.isolate_callable(fn), args))


def _request(agent: Server, how: str, fn: Any, args: Any, timeout: float | None) -> Any:
    if not callable(fn):
        _refuse(fn, how)
    return requests.call(agent, (how, isolation.isolate_callable(fn), args), timeout)


def _refuse(fn: Any, how: str) -> None:
    hint = "\npass a function that returns the first state" if how.startswith("start") else ""
    raise TypeError(f"Agent.{how}: expected a function, got {brief(fn)}{hint}")
