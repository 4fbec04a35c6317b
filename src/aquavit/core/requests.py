"""Requests: how one process asks another and waits for the reply.

    Asking    one request, to be awaited once. When first awaited it monitors the server,
              makes an alias for the reply, sends the request, and waits for whichever
              comes first: the reply, the server's end, or the deadline
    From      (of `relations`) both in one: the reply goes through it, and it says until
              when one is wanted. What comes later leads nowhere

However the wait ends (a reply, an error, a cancellation), nothing of it stays behind.

Erlang: gen:call/4, gen:reply/2.
"""

from __future__ import annotations

import inspect
import types
import warnings
from typing import Any

from aquavit.core import (
    calls,
    immutability,
    isolation,
    loops,
    matching,
    names,
    native,
    process,
    receiving,
    relations,
    signals,
    waiting,
)
from aquavit.core import directives as cython
from aquavit.core.exits import CallError, CallTimeout, NoProcess, NotInProcess, ServerExit, brief
from aquavit.core.ids import NODE, Pid
from aquavit.core.names import Address
from aquavit.core.process import Process
from aquavit.core.receiving import Receive
from aquavit.core.relations import From
from aquavit.core.runtime import Runtime
from aquavit.core.signals import Down, Method, System

if False:  # tells Cython that `cython` means its directives
    import cython  # type: ignore

__all__ = ["Asking", "ClientMethod", "call", "cast", "find", "new_asking", "reply"]

#: In place of a server that has been forgotten.
UNGIVEN: Any = object()
#: Seconds that a call waits when nothing else is said.
DEFAULT_TIMEOUT = 5.0


@cython.final
@cython.no_gc
@cython.freelist(64)
@cython.cclass
class Asking:
    """One request to `server`, to be awaited once."""

    __slots__ = ("from_", "owner", "request", "sent", "server", "system", "timeout", "wait")
    #: Where the reply goes, once the request has been sent.
    from_: From | None
    owner: Process | None
    request: Any
    sent: bool
    server: Any
    system: bool
    timeout: Any
    wait: Receive | None

    def __await__(self) -> Any:
        return self if receiving.DIRECT else waiting.ask(self)

    def __dealloc__(self) -> None:
        # Not __del__, which Cython calls once only for each object of a free list.
        if not self.sent:
            warn_of_unsent(self.server, self.request)

    def __reduce__(self) -> Any:
        raise TypeError("it is a call that was not awaited; write await before it")

    def __iter__(self) -> Asking:
        return self

    def __next__(self) -> object:
        return self.send(None)

    def send(self, value: object) -> object:
        """Drive the wait by hand, as a traced `await` does; `value` is of no use."""
        result = self.step()
        if result is self:
            return self.future
        raise StopIteration(result)

    def throw(self, *error: Any) -> object:
        """End the wait with an error, as a cancellation or an exit signal does."""
        self.abandon()
        raise error[0] if len(error) == 1 or error[1] is None else error[1]

    def step(self) -> object:
        """Return the reply, or the Asking itself while the wait goes on."""
        result = poll(self)
        return self if native.take_pending() else result

    @property
    def future(self) -> Any:
        """What an adopted task yields while it waits."""
        return None if self.wait is None else self.wait.future

    def abandon(self) -> None:
        """Take back what the wait has set up; a reply that is there already goes too."""
        if self.owner is None or self.from_ is None:
            return
        relations.end_request(self.from_)
        self.owner.take(matching.answer_to(self.from_))
        self.from_ = None


def warn_of_unsent(server: Any, request: Any) -> None:
    """Warn of a call that was made and never awaited, as Python does of a coroutine."""
    text = f"call of {brief(request)} to {brief(server)} was never awaited"
    warnings.warn(text, RuntimeWarning, stacklevel=1)


def new_asking(server: Any, request: Any, timeout: Any, system: bool) -> Asking:
    """Describe a request; `timeout` is in seconds, None for no limit."""
    asking = Asking.__new__(Asking)
    asking.server = server
    asking.request = request
    asking.timeout = timeout
    asking.system = system
    asking.owner = asking.from_ = asking.wait = None
    asking.sent = False
    return asking


def call(server: Any, request: Any, timeout: Any = DEFAULT_TIMEOUT) -> Any:
    """Send a request and wait for the reply.

    Args:
        server: a Pid, a name, `(name, node)` or a Via.
        request: any data; copied.
        timeout: seconds; None waits for ever. The server skips a request that it comes to
            later than that, and a reply that comes later is dropped.

    Returns:
        The reply, when awaited.

    Raises:
        NoProcess: there is no such server.
        ServerExit: it ended before it replied.
        CallTimeout: no reply in time; the server goes on.
        CallError: it is the caller itself.

    Example:
        >>> class Echo(GenServer):
        ...     def handle_call(self, request, from_):
        ...         return request
        >>> async def main():
        ...     return await GenServer.call(await Echo.start_link(), "hello")
        >>> run(main)
        'hello'

    Elixir: GenServer.call/3.
    """
    return awaitable(new_asking(server, request, timeout, False))


class ClientMethod:
    """What a method that other processes use as a function is, seen from the class.

    `name` is the method's; `function` the method itself, which an instance gives;
    `timeout` in seconds is for one that is a call. `waits` tells a call from a cast.
    `arity` is how many arguments it takes, -1 if that cannot be said in one number.

    Raises:
        TypeError, ValueError: the timeout is wrong.
    """

    def __init__(self, name: str, function: Any, timeout: Any, waits: bool) -> None:
        if timeout is not None:
            check_timeout(timeout, name)
        self.name = name
        self.function = function
        self.timeout = timeout
        self.waits = waits
        self.arity = arity_of(function)

    def __get__(self, instance: Any, owner: Any) -> Any:
        return self if instance is None else types.MethodType(self.function, instance)

    def __call__(self, server: Any = UNGIVEN, /, *args: Any, **kwargs: Any) -> Any:
        """Send the request; a call is then awaited."""
        if kwargs or len(args) != self.arity:
            self.check(server, args, kwargs)
        method = signals.new_method(self.name, args, kwargs or None)
        if self.waits:
            return awaitable(new_asking(server, method, self.timeout, False))
        cast(server, method)
        return None

    def __repr__(self) -> str:
        return f"<@{'call' if self.waits else 'cast'} {self.function.__qualname__}>"

    def check(self, server: Any, args: Any, kwargs: Any) -> None:
        """Raise here, and not in the server, what wrong arguments raise.

        Raises:
            TypeError: the method does not take them.
        """
        where = self.function.__qualname__
        if server is UNGIVEN:
            raise TypeError(f"{where}: expected the server as first argument, got nothing")
        try:
            inspect.signature(self.function).bind(None, *args, **kwargs)
        except TypeError as error:
            hint = ""
            if self.waits and "timeout" in kwargs:
                time = f"{where}.within({kwargs['timeout']!r})(server, ...)"
                hint = f"\na time for one call is given by {time}"
            raise TypeError(f"{where}: {error}{hint}") from None


def arity_of(function: Any) -> int:
    """Return how many arguments after `self` a method takes, -1 if it is not one number."""
    code = getattr(function, "__code__", None)
    if code is None or function.__defaults__ or code.co_kwonlyargcount:
        return -1
    if code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
        return -1
    return int(code.co_argcount) - 1


def poll(wait: Any) -> Any:
    """Ask, or finish when the process is resumed."""
    asking: Asking = wait
    if asking.wait is None:
        asking.sent = True
        ask(asking)
    elif asking.from_ is None:
        raise RuntimeError("cannot await a call twice; each call(...) sends one request")
    receive: Any = asking.wait
    result = receiving.drive(receive)
    if receiving.is_pending():
        native.set_pending()
        return result
    return answer(asking, result)


def ask(asking: Asking) -> None:
    """Monitor the server, send it the request, and describe the wait."""
    p = process.current()
    if p is None:
        p = loops.here("call")
    runtime: Runtime = p.runtime
    seconds = check_timeout(asking.timeout)
    target = find(asking.server, "call")
    if target is None:
        raise _nobody(asking.server, asking.request)
    if target is p:
        raise CallError(asking.server, asking.request, "calling_self")
    if target.runtime is not runtime:
        raise NotInProcess(
            f"call: expected a server on this event loop, got {target.pid!r} of another\n"
            f"from_thread.call runs a function in a process over there"
        )
    request = isolated(asking.request)
    from_ = expect_reply(asking, p, target, seconds)
    if asking.system:
        runtime.deliver(target, System(request, from_))
    else:
        runtime.deliver(target, signals.new_call(request, from_))


def expect_reply(asking: Asking, p: Process, target: Process, seconds: float) -> From:
    """Make what the reply comes through, and describe the wait for it."""
    deadline = seconds
    if seconds != receiving.FOREVER:
        runtime: Runtime = p.runtime
        deadline += runtime.time()
    from_ = relations.add_request(p, target, deadline)
    asking.owner = p
    asking.from_ = from_
    p.mark(from_.id)
    asking.wait = receiving.new_wait(p, matching.answer_to(from_), deadline)
    return from_


def join(p: Process, target: Process, timeout: Any) -> Asking:
    """Let `p` wait for a reply to a request that `target` knows of without a message."""
    asking = new_asking(target.pid, None, timeout, False)
    asking.sent = True
    expect_reply(asking, p, target, check_timeout(timeout))
    return asking


def isolated(request: Any) -> Any:
    """Return the receiver's own copy of a request."""
    if type(request) is not Method:
        return isolation.isolate(request)
    method: Method = request
    if not method.kwargs and immutability.immutable(method.args):
        return method
    args, kwargs = isolation.isolate(method.args), isolation.isolate(method.kwargs)
    return signals.new_method(method.name, args, kwargs)


def answer(asking: Asking, message: Any) -> Any:
    """Return the reply.

    Raises:
        CallTimeout, ServerExit: there is none.
    """
    if type(message) is tuple:
        asking.from_ = None
        return message[1]
    if message is receiving.LATE:
        asking.abandon()
        raise CallTimeout(asking.server, asking.request, asking.timeout)
    asking.from_ = None
    down: Down = message
    raise ServerExit(asking.server, asking.request, down.reason)


def awaitable(asking: Asking) -> Any:
    """Return what the user awaits: the Asking itself, or a generator around it."""
    return asking if receiving.DIRECT else waiting.ask(asking)


def reply(from_: Any, value: Any) -> None:
    """Send the reply to a request that a callback answered with `NO_REPLY`.

    Any process may do so, at any time, and any thread; a reply that nobody waits for any more
    vanishes.

    Args:
        from_: what `handle_call` was given, or `self.from_` in a `@call` method.
        value: the reply; copied.

    Raises:
        TypeError: `from_` is something else, or the value cannot be copied.

    Example:
        >>> class Later(GenServer):
        ...     def handle_call(self, request, from_):
        ...         spawn(lambda: GenServer.reply(from_, request))
        ...         return NO_REPLY
        >>> async def main():
        ...     return await GenServer.call(await Later.start_link(), "hello")
        >>> run(main)
        'hello'

    Elixir: GenServer.reply/2.
    """
    if type(from_) is not From:
        raise TypeError(f"reply: expected the from_ of a request, got {brief(from_)}")
    to: From = from_
    owner: Process | None = to.pid.process
    if owner is None:
        return
    message = (to, isolation.isolate(value))
    runtime: Runtime = owner.runtime
    if runtime.thread == native.thread():
        runtime.deliver_to_alias(to, message)
    else:
        runtime.deliver_from_thread(to, message)


def is_late(from_: From) -> bool:
    """Tell whether the sender of a request has stopped waiting by now."""
    p: Process | None = from_.pid.process
    if p is None or from_.server is None:
        return True
    runtime: Runtime = p.runtime
    return runtime.now > from_.deadline


def cast(server: Any, request: Any) -> None:
    """Send a request that nobody waits for; a server that is not there is ignored.

    Args:
        server: a Pid, a name, `(name, node)` or a Via.
        request: any data; copied.

    Raises:
        TypeError: `server` is no such thing, or a part of the request cannot be copied.
        MailboxFull: its mailbox is full, and would have the sender wait.
        ValueError: `server` is a Via of a registry that is not there.

    Example:
        >>> class Shows(GenServer):
        ...     def handle_cast(self, request):
        ...         print(request)
        >>> async def main():
        ...     GenServer.cast(await Shows.start_link(name="shows"), "hello")
        ...     await GenServer.stop("shows")
        >>> run(main)
        hello

    Elixir: GenServer.cast/2.
    """
    request = isolated(request)
    p = find(server, "cast")
    if p is not None:
        calls.pass_on(p, signals.new_cast(request))


def find(server: Any, caller: str) -> Process | None:
    """Return the process that `server` leads to, or None.

    Raises:
        TypeError: it is no Pid, name, (name, node) or Via.
    """
    if type(server) is Pid:
        pid: Pid = server
        return pid.process  # type: ignore[no-any-return]
    if type(server) is str:
        return calls.find_name(server, caller)
    if isinstance(server, Address):
        found = names.pid_of(server)
        return None if found is None else found.process
    if is_name_at_node(server):
        return calls.find_name(server[0], caller) if server[1] == NODE else None
    hint = "\nawait the start of the server first" if native.is_coroutine(server) else ""
    raise TypeError(
        f"{caller}: expected a server (Pid, name, (name, node) or Via), got {brief(server)}{hint}"
    )


def is_name_at_node(server: Any) -> bool:
    """Tell whether `server` is `(name, node)`."""
    if type(server) is not tuple or len(server) != 2:
        return False
    return type(server[0]) is str and type(server[1]) is str


def _nobody(server: Any, request: Any) -> Exception:
    if type(server) is tuple and server[1] != NODE:
        return ServerExit(server, request, ("nodedown", server[1]))
    return NoProcess(server, "", request)


def check_timeout(timeout: Any, caller: str = "call") -> float:
    """Return the timeout in seconds; None is for ever.

    Raises:
        TypeError, ValueError: it is no number, negative, or an int beyond all floats.
    """
    if timeout is None:
        return receiving.FOREVER
    if type(timeout) is float:
        seconds: float = timeout
        if seconds >= 0.0:
            return seconds
    if type(timeout) is bool or not isinstance(timeout, (int, float)):
        raise TypeError(f"{caller}: expected a timeout in seconds or None, got {brief(timeout)}")
    if not timeout >= 0:
        raise ValueError(f"{caller}: expected a timeout of 0 seconds or more, got {brief(timeout)}")
    try:
        return float(timeout)
    except OverflowError:
        raise ValueError(f"{caller}: expected a timeout of some years at most, got more") from None


if native.COMPILED:
    native.install_poll(Asking, poll)
else:
    Asking.__del__ = Asking.__dealloc__  # type: ignore[attr-defined]
