"""The loop of a GenServer.

Erlang: gen_server:loop/7.
"""

from __future__ import annotations

from types import CoroutineType
from typing import Any, Final

from aquavit.core import requests
from aquavit.core.exits import ProcessExit
from aquavit.core.serving import RequestTurns
from aquavit.core.signals import Call, Cast, Exit, Method, System
from aquavit.otp import results, system
from aquavit.otp.behaviour_loop import BehaviourLoop
from aquavit.otp.gen import Starting
from aquavit.otp.results import (
    HIBERNATE,
    NEXT,
    UNSET,
    Continue,
    NoReply,
    Reply,
    Stop,
    Timeout,
)
from aquavit.process import receive

__all__ = ["ServerLoop"]

_SPECIAL: Final = frozenset({Reply, NoReply, Stop, *NEXT})


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

    async def next_message(self, then: Any) -> Any:
        """Return the next message, when a callback has said how to wait for it."""
        if self.suspended:
            return await self.system_message()
        if type(then) is not Timeout:
            return await receive()
        while True:
            message = await receive(timeout=then.seconds, default=UNSET)
            if message is UNSET:
                return "timeout"
            if type(message) is not Call or not requests.is_late(message.from_):
                return message  # one that is skipped does not end the timeout

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
