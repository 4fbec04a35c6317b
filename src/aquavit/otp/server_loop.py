"""The loop of a behaviour: from `init` to `terminate`, and what a GenServer does in between.

Erlang: gen_server:loop/7, gen_server:terminate/9.
"""

from __future__ import annotations

import inspect
from types import CoroutineType
from typing import Any, Final

from aquavit.core import loops, requests, telling
from aquavit.core.exits import ProcessExit
from aquavit.core.serving import RequestTurns, Turns
from aquavit.core.signals import Call, Cast, Exit, Method, System
from aquavit.otp import gen, reports, results, system
from aquavit.otp.gen import Starting
from aquavit.otp.results import (
    HIBERNATE,
    IGNORE,
    NEXT,
    UNSET,
    Continue,
    NoReply,
    Reply,
    Stop,
    Timeout,
)
from aquavit.process import receive, self, wording

__all__ = ["BehaviourLoop", "ServerLoop", "run_server"]

_SPECIAL: Final = frozenset({Reply, NoReply, Stop, *NEXT})


class BehaviourLoop(Turns):
    """What the loops of all behaviours have in common."""

    __slots__ = ()

    def set_up(self, starting: Starting) -> None:
        """Note what the process was started with."""
        self.name = starting.name
        self.parent = starting.starter if starting.link else self_pid()

    def shown(self) -> str:
        """Return the server's name or Pid, for messages."""
        name = self.name
        if name is None:
            return repr(self_pid())
        return name if isinstance(name, str) else wording.shown(name)

    def reply_last(self, stop: Stop) -> None:
        """Send the reply that a callback has given along with its stop."""
        if stop.reply is not UNSET and self.from_ is not None:
            requests.reply(self.from_, stop.reply)

    async def next_message(self, then: Any) -> Any:
        """Return the next message, when a callback has said how to wait for it."""
        if self.suspended:
            return await receive(System, Exit(self.parent, ...))
        if type(then) is not Timeout:
            return await receive()
        while True:
            message = await receive(timeout=then.seconds, default=UNSET)
            if message is UNSET:
                return "timeout"
            if type(message) is not Call or not requests.is_late(message.from_):
                return message  # one that is skipped does not end the timeout

    async def crash(self, error: BaseException) -> None:
        """Clean up after what a callback raised, or let an exit signal do its work."""
        process = loops.here("GenServer")
        if process.exiting or isinstance(error, (KeyboardInterrupt, SystemExit)):
            return  # an exit signal that is not trapped: there is no terminate
        reason = error.reason if isinstance(error, ProcessExit) else error
        await self.end(reason)
        if not telling.is_quiet(reason):
            self.note()

    async def stop(self, stop: Stop) -> None:
        """End as a callback, the parent or `system` has said; it ends by raising.

        Raises:
            ProcessExit: always, if nothing else is raised.
        """
        try:
            await self.end(stop.reason)
        except Exception:
            self.reply_last(stop)
            raise
        except ProcessExit:
            if not loops.here("GenServer").exiting:
                self.reply_last(stop)
            raise
        self.reply_last(stop)
        if not telling.is_quiet(stop.reason):
            self.note()
        raise ProcessExit(stop.reason)

    async def end(self, reason: Any) -> None:
        """Call `terminate`; what that raises takes the place of the reason."""
        try:
            result = self.module.terminate(reason)
            if type(result) is CoroutineType:
                await result
        except GeneratorExit:
            raise
        except BaseException:
            self.note()
            raise

    def note(self) -> None:
        """Say what the crash report shows."""
        process = loops.here("GenServer")
        process.extras().report = reports.server_facts(self)


class ServerLoop(BehaviourLoop, RequestTurns):
    """Runs one server; what its callbacks decide ends up here."""

    kind = "GenServer"
    __slots__ = ()

    def __init__(self, module: Any, starting: Starting) -> None:
        super().__init__(module, module._calls, module._casts)
        self.set_up(starting)
        self.special = _SPECIAL

    def accept(self, result: Any) -> Any:
        """Return what comes next after `init`.

        Raises:
            ProcessExit: its result means nothing.
        """
        if result is None or type(result) in (Continue, Timeout) or result is HIBERNATE:
            return result
        if type(result) is NoReply:
            return result.then
        raise ProcessExit(("bad_return_value", result))

    async def serve(self, then: Any) -> Stop:
        """Serve messages until a callback, the parent or `system` says stop."""
        while True:
            if then is None and not self.suspended:
                # Two lines: in one, a bound method would wait along with each server.
                result = await receive()
                result = self.begin(result)
            elif type(then) is Continue:
                self.message, self.from_ = then, None
                result, then = self.module.handle_continue(then.argument), None
                if result is None:
                    self.message = None
            else:
                result = self.begin(await self.next_message(then))
            if result is None:
                then = None
                continue
            if type(result) is CoroutineType:
                result = self.finish(await result)
            if result is self.message and type(result) is System:
                stop = await system.handle(self, result)
                if stop is not None:
                    return stop
                result = self.message = self.from_ = None
                continue  # with `then`: to be looked at changes nothing
            if result is self.message and type(result) is Exit and result.pid == self.parent:
                return Stop(result.reason)
            then = None
            if type(result) is Stop:
                return self.accepted(result)
            if result is not None:
                then = self.decide(result)
            result = self.message = self.from_ = None

    def accepted(self, stop: Stop) -> Stop:
        """Return `stop`; with a reply that nobody waits for it is a bad value."""
        if stop.reply is not UNSET and self.from_ is None:
            raise self.bad_value(stop)
        return stop

    def decide(self, result: Any) -> Any:
        """Do what a callback's result says; return what comes next."""
        if type(result) is Reply and self.from_ is not None:
            then = self.checked(result.then, result)
            self.reply(self.from_, result.value)
            return then
        if type(result) is NoReply:
            return self.checked(result.then, result)
        if self.from_ is not None:  # the caller would wait for a reply that nobody has thought of
            raise self.bad_value(result)
        return self.checked(result, result)

    def checked(self, then: Any, result: Any) -> Any:
        """Return `then`, what is to come next; anything else is a bad value."""
        if then is None or type(then) in (Continue, Timeout) or then is HIBERNATE:
            return then
        raise self.bad_value(result)

    def bad_value(self, result: Any) -> ProcessExit:
        """Return the end for what the callback of the present message has returned."""
        message = self.message
        if type(message) is Continue:
            callback = "handle_continue"
        elif type(message) not in (Call, Cast):
            callback = "handle_info"
        elif type(message.request) is Method:
            callback = message.request.name
        else:
            callback = "handle_call" if type(message) is Call else "handle_cast"
        allowed = results.FROM_CALL if type(message) is Call else results.FROM_CAST
        return results.refused("bad_return_value", result, callback, allowed)


def self_pid() -> Any:
    """Return the Pid of the current process."""
    return self()


async def run_server(starting: Starting) -> None:
    """Be a server, from `init` to its end; the process of a server runs this."""
    cls: Any = starting.what
    loop: Any = None
    try:
        try:
            gen.register_via(starting)
            module = _instance(cls)
            loop = module._loop = cls._loop_class(module, starting)
            result = module._set_up(*starting.args, **starting.kwargs)
            if type(result) is CoroutineType:
                result = await result
            serving = loop.serve(_accepted(loop, starting, result))
        except BaseException:
            starting.failed()
            raise
        starting.ready()
        del starting, result  # with the arguments; a server may live long
        try:
            stop = await serving
        except GeneratorExit:
            raise  # killed
        except BaseException as error:
            await loop.crash(error)
            raise
        await loop.stop(stop)
    finally:
        if loop is not None:
            del loop.module._loop  # a cycle would keep the state for the collector


def _instance(cls: Any) -> Any:
    """Return a new instance of the class of a server.

    Raises:
        TypeError: it has to be given arguments, which are those of `init`.
    """
    try:
        return cls()
    except TypeError:
        if not _needs_arguments(cls.__init__):
            raise
        raise TypeError(
            f"{cls.__qualname__}.__init__: expected (self), got {inspect.signature(cls.__init__)}"
            f"\nwhat start and start_link are given goes to init: rename it to that"
        ) from None


def _needs_arguments(method: Any) -> bool:
    try:
        inspect.signature(method).bind(None)
    except TypeError:
        return True
    return False


def _accepted(loop: Any, starting: Starting, result: Any) -> Any:
    """Return what comes next after `init`, by its result.

    Raises:
        ProcessExit: it is not to be started.
    """
    if result is IGNORE:
        starting.ignored = True
        raise ProcessExit("normal")
    if type(result) is Stop:
        raise ProcessExit(result.reason)
    return loop.accept(result)
