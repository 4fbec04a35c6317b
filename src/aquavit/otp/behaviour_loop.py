"""The loop of a behaviour, from `init` to `terminate`; what is in between is its own.

Erlang: gen:init_it/6, gen_server:init_it/6, gen_server:terminate/9.
"""

from __future__ import annotations

import inspect
from types import CoroutineType
from typing import Any

from aquavit.core import loops, requests, telling
from aquavit.core.exits import ProcessExit
from aquavit.core.serving import Turns
from aquavit.core.signals import Exit, System
from aquavit.otp import gen, reports
from aquavit.otp.gen import Starting
from aquavit.otp.results import IGNORE, UNSET, Stop
from aquavit.process import receive, self, wording

__all__ = ["BehaviourLoop", "run_behaviour", "self_pid"]


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

    async def system_message(self) -> Any:
        """Return the next message that a suspended process serves."""
        return await receive(System, Exit(self.parent, ...))

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


def self_pid() -> Any:
    """Return the Pid of the current process."""
    return self()


async def run_behaviour(starting: Starting) -> None:
    """Be a server, from `init` to its end; its process runs this."""
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
