"""GenServer: a process that holds state and serves requests, one after the other.

The state lives on the instance, which lives in the server's process and nowhere else.

Elixir: GenServer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from aquavit.core import requests
from aquavit.core.calls import COMPILED
from aquavit.core.exits import CallError, NoProcess, brief
from aquavit.core.ids import NODE, Alias, Pid
from aquavit.core.overflow import Mailbox
from aquavit.core.requests import DEFAULT_TIMEOUT
from aquavit.otp import behaviour_loop, gen, server_loop
from aquavit.otp.child_spec import ChildSpec
from aquavit.otp.gen import Name
from aquavit.otp.methods import CallMethod, CastMethod, Server
from aquavit.otp.reports import log_unexpected

__all__ = ["GenServer"]


class GenServer:
    """The base of servers: define callbacks, or methods with `@call` and `@cast`.

    Callbacks may be `def` or `async def`. While one of them runs, the next message waits.

    Example:
        >>> class Counter(GenServer):
        ...     def init(self, value=0):
        ...         self.value = value
        ...     def handle_call(self, request, from_):
        ...         return self.value
        ...     def handle_cast(self, request):
        ...         self.value += request
        >>> async def main():
        ...     counter = await Counter.start_link(40)
        ...     GenServer.cast(counter, 2)
        ...     return await GenServer.call(counter, "get")
        >>> run(main)
        42

    Elixir: GenServer.
    """

    __slots__ = ("__dict__", "__weakref__", "_loop")

    _calls: ClassVar[dict[str, Callable[..., Any]]] = {}
    _casts: ClassVar[dict[str, Callable[..., Any]]] = {}
    _loop: behaviour_loop.BehaviourLoop
    _loop_class: ClassVar[type[behaviour_loop.BehaviourLoop]] = server_loop.ServerLoop

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._calls, cls._casts = {}, {}
        for base in reversed(cls.__mro__):
            for name, value in vars(base).items():
                cls._note_method(name, value)

    @classmethod
    def _note_method(cls, name: str, value: Any) -> None:
        """Note a method that requests may name; an override serves in its place."""
        if isinstance(value, CallMethod):
            cls._casts.pop(name, None)
            cls._calls[name] = value.function
        elif isinstance(value, CastMethod):
            cls._calls.pop(name, None)
            cls._casts[name] = value.function
        elif callable(value):
            for methods in (cls._calls, cls._casts):
                if name in methods:
                    methods[name] = value

    # --- callbacks

    def init(self, *args: Any, **kwargs: Any) -> Any:
        """Set up the state; runs in the new process before the start function returns.

        Returns:
            None, `Continue`, `Timeout`, `HIBERNATE`, `Stop(reason)` or `IGNORE`.

        Elixir: init/1.
        """
        if args or kwargs:
            hint = ""
            if type(self) is GenServer and args and isinstance(args[0], type):  # as in Elixir
                hint = f"\nwrite {args[0].__qualname__}.start_link(...)"
            elif type(self).__init__ is not object.__init__:
                hint = "\nwhat start and start_link are given goes to init: rename __init__ to that"
            raise TypeError(
                f"{type(self).__qualname__} takes no arguments: it does not define init{hint}"
            )

    def handle_call(self, request: Any, from_: Any) -> Any:
        """Serve a request whose sender waits; what is returned is the reply.

        Returns:
            The reply, `Reply(value, then=...)`, `NO_REPLY`, `NoReply(then=...)` or
            `Stop(reason, reply=...)`.

        Elixir: handle_call/3.
        """
        raise self._lacks("call", "handle_call")

    def handle_cast(self, request: Any) -> Any:
        """Serve a request that nobody waits for.

        Returns:
            None, `NoReply(then=...)`, `Continue`, `Timeout`, `HIBERNATE` or `Stop(reason)`.

        Elixir: handle_cast/2.
        """
        raise self._lacks("cast", "handle_cast")

    def handle_info(self, message: Any) -> Any:
        """Serve any other message; by default it is logged and dropped.

        Returns:
            As `handle_cast`.

        Elixir: handle_info/2.
        """
        log_unexpected(type(self).__qualname__, self._loop.shown(), message)

    def handle_continue(self, argument: Any) -> Any:
        """Do what a callback has put off with `Continue(argument)`.

        Returns:
            As `handle_cast`.

        Elixir: handle_continue/2.
        """
        raise self._lacks("continue", "handle_continue")

    def terminate(self, reason: Any) -> Any:
        """Clean up: called when the server stops by itself, crashes or is told to stop.

        It is not called when the process is killed, nor for an exit signal that it does not
        trap. What it returns is ignored.

        Elixir: terminate/2.
        """

    def format_status(self, reason: str, state: Any) -> Any:
        """Return how the state is to be shown, "normal"ly or in the report on "terminate".

        Elixir: format_status/2.
        """
        return state

    def _lacks(self, verb: str, callback: str) -> RuntimeError:
        """Return the error for a callback that is not there, and what may have been meant."""
        import difflib  # which few programs need

        cls = type(self)
        own = sorted(set(dir(cls)) - set(dir(GenServer)))
        found = difflib.get_close_matches(callback, own, 1, 0.8)
        methods = {"call": cls._calls, "cast": cls._casts}.get(verb)
        hint = ""
        if found:
            hint = f"\nit defines {found[0]}: is the name misspelt?"
        elif methods:
            hint = (
                f"\nits @{verb} methods are used as {cls.__qualname__}.{next(iter(methods))}(...)"
            )
        return RuntimeError(
            f"attempted to {verb} GenServer {self._loop.shown()} but it does not define"
            f" {callback}{hint}"
        )

    def _set_up(self, *args: Any, **kwargs: Any) -> Any:
        """Do what comes before the first message; a behaviour adds its own share."""
        return self.init(*args, **kwargs)

    # --- the state as one value, for `system`

    def get_state(self) -> Any:
        """Return the state as one value: by default the attributes, as a dict."""
        return dict(vars(self))

    def set_state(self, state: Any) -> None:
        """Take over what `get_state` has returned, or something like it.

        Raises:
            TypeError, ValueError: it is no mapping; the state stays as it was.
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"replace_state: expected a dict of attributes, got {brief(state)}")
        attributes = dict(state)
        self.__dict__.clear()
        self.__dict__.update(attributes)

    @property
    def from_(self) -> Alias:
        """Who has sent the request that a `@call` method serves; for `GenServer.reply`."""
        return self._loop.from_  # type: ignore[no-any-return]

    # --- starting

    @classmethod
    async def start(
        cls,
        *args: Any,
        name: Name = None,
        timeout: float | None = None,
        mailbox: Mailbox | None = None,
        **kwargs: Any,
    ) -> Pid[Any]:
        """Start a server without a link.

        Args:
            args, kwargs: for `init`; copied, as for `spawn`.
            name: a name or a Via to register it under.
            timeout: seconds that `init` may take; None for no limit.
            mailbox: a `Mailbox` that bounds it, as for `spawn`.

        Returns:
            Its Pid; None if `init` returned `IGNORE`.

        Raises:
            AlreadyStarted: the name is taken.
            StartTimeout: `init` took too long.
            StartError: `init` returned `Stop`; what `init` raises is raised as it is.

        Example:
            >>> class Sleeper(GenServer):
            ...     def init(self): ...
            >>> async def main():
            ...     return is_alive(await Sleeper.start(name="sleeper"))
            >>> run(main)
            True

        Elixir: GenServer.start/3.
        """
        return await gen.start(  # type: ignore[no-any-return]
            cls, behaviour_loop.run_behaviour, args, kwargs, name, False, timeout, mailbox
        )

    @classmethod
    async def start_link(
        cls,
        *args: Any,
        name: Name = None,
        timeout: float | None = None,
        mailbox: Mailbox | None = None,
        **kwargs: Any,
    ) -> Pid[Any]:
        """Start a server that is linked to the caller, usually a supervisor.

        Args, returns and raises as `start`. A failed start is raised, and brings no exit
        signal on top.

        Example:
            >>> class Sleeper(GenServer):
            ...     def init(self): ...
            >>> async def main():
            ...     pid = await Sleeper.start_link()
            ...     return process_info(pid).links == (self(),)
            >>> run(main)
            True

        Elixir: GenServer.start_link/3.
        """
        return await gen.start(  # type: ignore[no-any-return]
            cls, behaviour_loop.run_behaviour, args, kwargs, name, True, timeout, mailbox
        )

    @classmethod
    def child_spec(cls, *args: Any, **overrides: Any) -> ChildSpec:
        """Return how a supervisor starts this server: `start_link(*args)`.

        Args:
            args: for `init`.
            overrides: fields of `ChildSpec`; `name` and `mailbox` are passed on to
                `start_link`.

        Example:
            >>> class Sleeper(GenServer):
            ...     def init(self): ...
            >>> Sleeper.child_spec(restart="transient").id
            'Sleeper'

        Elixir: child_spec/1.
        """
        return ChildSpec.of(cls, cls.start_link, args, overrides, ("mailbox",))

    # --- using

    if TYPE_CHECKING:

        @staticmethod
        def call(  # noqa: D102
            server: Server, request: Any, timeout: float | None = DEFAULT_TIMEOUT
        ) -> Awaitable[Any]: ...
        @staticmethod
        def cast(server: Server, request: Any) -> None: ...  # noqa: D102
        @staticmethod
        def reply(from_: Alias, value: Any) -> None: ...  # noqa: D102
    elif COMPILED:  # functions of C, which no class binds: found without a detour
        call, cast, reply = requests.call, requests.cast, requests.reply
    else:
        call = staticmethod(requests.call)
        cast = staticmethod(requests.cast)
        reply = staticmethod(requests.reply)

    @staticmethod
    async def stop(server: Server, reason: Any = "normal", timeout: float | None = None) -> None:
        """Ask a server to end with `reason`, and wait until it has.

        Args:
            server: a Pid, a name, `(name, node)` or a Via.
            reason: its exit reason.
            timeout: seconds; None for no limit.

        Raises:
            NoProcess: it is not alive.
            ServerExit: it ended with another reason.
            CallTimeout: it has not ended in time; it lives on.

        Elixir: GenServer.stop/3.
        """
        await gen.stop(server, reason, timeout)

    @staticmethod
    def whereis(server: Server) -> Pid[Any] | tuple[str, str] | None:
        """Return the Pid that `server` leads to, or None.

        A Pid is returned as it is, dead or alive, and so is `(name, node)` of another node.

        Elixir: GenServer.whereis/1.
        """
        if isinstance(server, Pid):
            return server
        if requests.is_name_at_node(server) and server[1] != NODE:  # type: ignore[index]
            return server  # type: ignore[return-value]
        found: Any = requests.find(server, "whereis")
        return None if found is None else found.pid

    @staticmethod
    async def multi_call(
        nodes: Iterable[str], name: str, request: Any, timeout: float | None = None
    ) -> tuple[list[tuple[str, Any]], list[str]]:
        """Call the servers that have `name` on several nodes.

        Args:
            nodes: names of nodes.
            name: the servers' name.
            request: any data.
            timeout: seconds for each; None for no limit.

        Returns:
            `(replies, bad_nodes)`: pairs of node and reply, and the nodes without one.

        Elixir: GenServer.multi_call/4.
        """
        replies, bad_nodes = [], []
        for node in _checked_nodes("multi_call", nodes):
            try:
                replies.append((node, await GenServer.call((name, node), request, timeout)))
            except (CallError, NoProcess):
                bad_nodes.append(node)
        return replies, bad_nodes

    @staticmethod
    def abcast(nodes: Iterable[str], name: str, request: Any) -> None:
        """Cast to the servers that have `name` on several nodes.

        Elixir: GenServer.abcast/3.
        """
        for node in _checked_nodes("abcast", nodes):
            requests.cast((name, node), request)


def _checked_nodes(caller: str, nodes: Any) -> list[str]:
    """Return the nodes as a list.

    Raises:
        TypeError: they are not several names.
    """
    several = isinstance(nodes, Iterable) and not isinstance(nodes, (str, bytes))
    found: list[Any] | None = list(nodes) if several else None
    if found is None or not all(isinstance(node, str) for node in found):
        raise TypeError(f"{caller}: expected names of nodes, as [node()], got {brief(nodes)}")
    return found
