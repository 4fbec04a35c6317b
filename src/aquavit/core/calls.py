"""The calls that every message passes through: `self`, `send`, `receive`, `spawn`.

They are public (see `aquavit.process`), and live in the core because a call from one
layer to another would cost as much as the work itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVarTuple, Unpack

from aquavit.core import directives as cython
from aquavit.core import (
    immutability,
    isolation,
    loops,
    matching,
    names,
    native,
    overflow,
    process,
    receiving,
)
from aquavit.core.exits import NoProcess, brief
from aquavit.core.hooks import HOOKS
from aquavit.core.ids import NODE, Alias, Pid, Ref
from aquavit.core.names import Address
from aquavit.core.process import Process
from aquavit.core.receiving import Receive
from aquavit.core.runtime import Runtime

if False:  # tells Cython that `cython` means its directives
    import cython  # type: ignore

__all__ = ["COMPILED", "receive", "self", "send", "spawn"]

#: True when this is the compiled build of the core.
COMPILED: bool = bool(native.COMPILED)

A = TypeVarTuple("A")


def self() -> Pid:
    """Return the Pid of the current process.

    In an ordinary asyncio task the task is adopted as a process first.

    Raises:
        NotInProcess: there is neither a process nor a task.

    Example:
        >>> async def main():
        ...     return is_alive(self())
        >>> run(main)
        True

    Elixir: self/0.
    """
    p = process.current()
    return loops.here("self").pid if p is None else p.pid


def send(dest: Any, message: Any) -> Any:
    """Send `message` to `dest`, and never wait.

    The receiver gets its own copy of everything mutable in it. A dead process
    swallows the message, as Elixir's does. May be called from any thread.

    Args:
        dest: a Pid, a registered name, `(name, node)`, a Via or an Alias.
        message: any data; see "Isolation" in the guide for what is copied and how.

    Returns:
        The message as given.

    Raises:
        NoProcess: `dest` is a name that nobody has.
        TypeError: `dest` is no destination, or a part of the message cannot be copied.

    Example:
        >>> async def main():
        ...     send(self(), ("hello", "world"))
        ...     return await receive(("hello", str))
        >>> run(main)
        ('hello', 'world')

    Elixir: send/2.
    """
    return send_message(dest, message)


def send_message(dest: Any, message: Any) -> Any:
    """`send`, called as it mostly is."""
    if type(dest) is Pid:
        value = message if immutability.immutable(message) else isolation.isolate(message)
        p: Process | None = cython.cast(Pid, dest).process
        if p is not None:
            runtime: Runtime = cython.cast(Runtime, p.runtime)
            if runtime.thread == native.thread():
                if p.count < p.limit:
                    runtime.deliver(p, value)
                else:
                    overflow.overflow(runtime, p, value)
            else:
                runtime.deliver_from_thread(dest, value)
    else:
        send_elsewhere(dest, isolation.isolate(message))
    return message


def pass_on(p: Process, value: Any) -> None:
    """Deliver `value`, on the thread that `p` lives on."""
    runtime: Runtime = p.runtime
    if runtime.thread == native.thread():
        if p.count < p.limit:
            runtime.deliver(p, value)
        else:
            overflow.overflow(runtime, p, value)
    else:
        runtime.deliver_from_thread(p.pid, value)


def send_elsewhere(dest: Any, value: Any) -> None:
    """`send` for all destinations but a Pid."""
    p: Process | None
    if isinstance(dest, str):
        p = find_name(dest, "send")
        if p is None:
            raise NoProcess(dest, "register a process under that name first, or send to a Pid")
        pass_on(p, value)
    elif isinstance(dest, Alias):
        p = dest.pid.process
        if p is not None:
            runtime: Runtime = p.runtime
            if runtime.is_here():
                runtime.deliver_to_alias(dest, value)
            else:
                runtime.deliver_from_thread(dest, value)
    elif isinstance(dest, Ref):
        return  # silent, as in Erlang: an alias that was made without one
    elif isinstance(dest, Address):
        send_through(dest, value)
    elif type(dest) is tuple and len(dest) == 2 and all(type(part) is str for part in dest):
        send_to_node(dest, value)
    else:
        raise TypeError(
            f"send: expected a Pid, a name, (name, node), a Via or an Alias, got {brief(dest)}"
        )


def send_through(address: Any, value: Any) -> None:
    """Send to where `address` leads now."""
    pid = names.pid_of(address)
    if pid is None:
        raise NoProcess(address, "register a process under that key first, or send to a Pid")
    if pid.process is not None:
        pass_on(pid.process, value)


def send_to_node(dest: tuple[str, str], value: Any) -> None:
    """Send to `(name, node)`; a name that nobody has is silent there."""
    name, node = dest
    if node == NODE:
        p = find_name(name, "send")
        if p is not None:
            pass_on(p, value)
    elif HOOKS.remote_router is not None:
        HOOKS.remote_router(dest, value)


def find_name(name: str, caller: str) -> Process | None:
    """Return the process that is registered as `name`, or None."""
    p = process.current()
    runtime: Runtime = loops.the_runtime(caller) if p is None else p.runtime
    return runtime.names.holders.get(name)


def receive(*patterns: Any, timeout: Any = None, default: Any = receiving.NO_DEFAULT) -> Any:
    """Wait for the first message in the mailbox that matches any pattern.

    The others stay, in order. Without a pattern the next message is taken. The time
    counts from here; messages that do not match do not restart it.

    Args:
        patterns: `...` (anything), a type, a tuple, list or dict of patterns, a plain
            function as guard, or a value to be equal to.
        timeout: seconds, 0 or more; 0 looks only at what is there. None waits for ever.
        default: returned when the time is over.

    Returns:
        The message, when awaited.

    Raises:
        TimeoutError: the time is over and there is no default.
        TypeError, ValueError: the timeout or a pattern is wrong.

    Example:
        >>> async def main():
        ...     send(self(), ("low", 1))
        ...     send(self(), ("high", 2))
        ...     return await receive(("high", int)), await receive()
        >>> run(main)
        (('high', 2), ('low', 1))

    Elixir: receive/1.
    """
    return describe_wait(patterns, timeout, default)


def receive_known(wait: Any) -> Any:
    """`receive` as it mostly is: without a timeout, on patterns of which `wait` is known."""
    return describe_known(wait, None, receiving.NO_DEFAULT)


def receive_new(patterns: Any) -> Any:
    """`receive` without a timeout, on patterns that are not known."""
    return describe_new(patterns, None, receiving.NO_DEFAULT)


def describe_wait(patterns: tuple[Any, ...], timeout: Any, default: Any) -> Any:
    """Return the awaitable of `receive`."""
    wait = receiving.ANY if not patterns else native.recent(patterns)
    if wait is None:
        return describe_new(patterns, timeout, default)
    return describe_known(wait, timeout, default)


def describe_known(wait: Receive, timeout: Any, default: Any) -> Any:
    """Return `wait` itself where it will do."""
    if timeout is None and process.current() is not None:
        return receiving.awaitable(wait)  # without a timeout the default is never returned
    return receiving.awaitable(receiving.new_receive(wait.matcher, timeout, default))


def describe_new(patterns: tuple[Any, ...], timeout: Any, default: Any) -> Any:
    """Compile the patterns, and keep what is known now."""
    matcher = matching.compile_patterns(patterns)
    if matcher.lasting:
        native.keep_recent(patterns, receiving.new_shared(matcher))
    return receiving.awaitable(receiving.new_receive(matcher, timeout, default))


if native.COMPILED:
    _doc = "send(dest, message)\n--\n\n" + (send.__doc__ or "")
    send = native.fast_send(send, _doc, __name__, send_message)
    _doc = "receive(*patterns, timeout=None, default=...)\n--\n\n" + (receive.__doc__ or "")
    receive = native.fast_receive(
        receive, _doc, __name__, receiving.ANY, receive_known, receive_new
    )


def spawn(
    fn: Callable[[Unpack[A]], Any],
    *args: Unpack[A],  # noqa: UP044  # Cython does not know `*A` here
    name: str | None = None,
    mailbox: overflow.Mailbox | None = None,
) -> Pid:
    """Start a process that calls `fn(*args)`, and return its Pid at once.

    The function is called inside the new process, never before the caller gives way;
    what it returns is awaited there if it can be. Arguments and captured variables are
    copied as messages are.

    Args:
        fn: an `async def` function, a plain function or a lambda.
        args: its arguments.
        name: registers the process under that name.
        mailbox: a `Mailbox` that bounds it; None for no bound.

    Raises:
        TypeError: `fn` is not callable, or an argument cannot be copied.
        ValueError: the name is taken.
        NotInProcess: no event loop runs on this thread.

    Example:
        >>> async def main():
        ...     parent = self()
        ...     spawn(lambda: send(parent, 1 + 2))
        ...     return await receive()
        >>> run(main)
        3

    Elixir: spawn/1.
    """
    return start(fn, args, name, "spawn", mailbox).pid


def start(fn: Any, args: tuple[Any, ...], name: Any, caller: str, mailbox: Any = None) -> Process:
    """Make the process of `spawn`, `spawn_link` and `spawn_monitor`."""
    if not callable(fn):
        hint = ""
        if native.is_coroutine(fn):
            hint = f"\npass the function and its arguments: {caller}(fn, *args)"
        raise TypeError(f"{caller}: expected a function, got {brief(fn)}{hint}")
    parent = process.current()
    runtime: Runtime
    if parent is None:
        runtime = loops.runtime_here(caller)
        parent = loops.here_or_none()
    else:
        runtime = parent.runtime
    if mailbox is not None:
        overflow.check(mailbox, caller)
    if name is not None:
        runtime.names.check_free(name, caller)
    fn = isolation.isolate_callable(fn)
    p = runtime.spawn(parent, fn, isolation.isolate(args, "args") if args else args)
    if mailbox is not None:
        overflow.bind(p, mailbox)
    if name is not None:
        runtime.names.add(p, name)
    return p
