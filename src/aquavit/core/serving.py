"""A behaviour's turn, as far as it needs no waiting: which callback serves a message.

    module     the object with the callbacks
    name       what the process was started as, or None
    from_      who sent the request that is being served
    message    the message or event that is being served
    parent     whose exit signal, if trapped, ends the process
    debug      what wants to know of messages and replies, or None
    suspended  only system messages are served

`begin` serves one message, and those that are there behind it. It returns None when that
is all, and otherwise what the loop above must look at: a coroutine to await, a result with
a meaning of its own, or the message itself when it is not for a callback. `finish` is the
second half of one, for a result that had to be awaited.

Erlang: gen_server:try_dispatch, handle_msg; gen_statem:loop_receive, loop_event.
"""

from __future__ import annotations

from typing import Any

from aquavit.core import mailbox, native, process, receiving, requests
from aquavit.core.signals import Call, Cast, Exit, Method, System

__all__ = ["EventTurns", "RequestTurns", "Turns"]


class Turns:
    """Serves the messages of one process through the callbacks of `module`."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.from_: Any = None
        self.message: Any = None
        self.name: Any = None
        self.parent: Any = None
        self.debug: Any = None
        self.suspended = False

    def is_for_loop(self, message: Any) -> bool:
        """Tell whether a message is not for a callback."""
        cls = type(message)
        return cls is System or (cls is Exit and message.pid == self.parent)

    def reply(self, from_: Any, value: Any) -> None:
        """Send the reply to a request."""
        requests.reply(from_, value)
        if self.debug is not None:
            self.debug.replied(from_, value)


class RequestTurns(Turns):
    """The turns of a server.

    calls, casts   the functions of its methods that requests may name
    special        types of results that are more than a reply
    """

    def __init__(self, module: Any, calls: dict[str, Any], casts: dict[str, Any]) -> None:
        Turns.__init__(self, module)
        self.handle_call: Any = None  # bound at the first call, for those that follow
        self.calls = calls
        self.casts = casts
        self.special: Any = frozenset()

    def begin(self, message: Any) -> Any:
        """Serve `message` and what follows; return None, or what is left to be looked at."""
        while message is not mailbox.EMPTY:
            self.message = message
            if self.debug is not None:
                self.debug.received(message)
            result = self.dispatch(message)
            if result is not None:
                return result
            # The message may be large, and the next one long in coming.
            self.message = self.from_ = None
            message = receiving.take_next(process.current())
        return None

    def dispatch(self, message: Any) -> Any:
        """Let the callback for it serve `message`."""
        cls = type(message)
        if cls is Call:
            return self.serve_call(message)
        self.from_ = None
        if cls is Cast:
            return self.serve_cast(message)
        if self.is_for_loop(message):
            return message
        return self.module.handle_info(message)

    def serve_call(self, call: Call) -> Any:
        """Serve a request; one whose sender has stopped waiting is skipped."""
        if requests.is_late(call.from_):
            return None
        self.from_ = call.from_
        if type(call.request) is Method:
            result = self.invoke(self.calls, call.request, "call")
        else:
            if self.handle_call is None:
                self.handle_call = self.module.handle_call
            result = self.handle_call(call.request, call.from_)
        return result if native.is_coroutine(result) else self.finish(result)

    def serve_cast(self, cast: Cast) -> Any:
        """Serve a request that nobody waits for."""
        if type(cast.request) is Method:
            return self.invoke(self.casts, cast.request, "cast")
        return self.module.handle_cast(cast.request)

    def invoke(self, methods: dict[str, Any], request: Method, verb: str) -> Any:
        """Call the method that a request names."""
        function = methods.get(request.name)
        if function is None:
            raise RuntimeError(
                f"attempted to {verb} {request!r} of {type(self.module).__qualname__}, which has"
                f" no such @{verb} method"
            )
        if request.kwargs is None:
            count = len(request.args)
            if count == 0:
                return function(self.module)
            if count == 1:  # the most common, without a tuple in between
                return function(self.module, request.args[0])
            return function(self.module, *request.args)
        return function(self.module, *request.args, **request.kwargs)

    def finish(self, result: Any) -> Any:
        """Reply to the request being served, unless the result says something else."""
        if self.from_ is None or type(result) in self.special:
            return result
        self.reply(self.from_, result)
        return None


class EventTurns(Turns):
    """The turns of a state machine.

    callback   what handles an event in the present state
    zero       timeouts that are due at once
    running    the other timeouts
    stay       the type of a result that stays in the state, with `actions`
    answer     the type of a result or action that is a reply, with `from_` and `value`

    A subclass has `event_of`, which makes an event of a message, and `drop`, which ends a
    timeout.
    """

    def __init__(self, module: Any, stay: Any, answer: Any) -> None:
        Turns.__init__(self, module)
        self.callback: Any = None
        self.zero: dict[Any, Any] = {}
        self.running: dict[Any, Any] = {}
        self.stay = stay
        self.answer = answer

    def begin(self, message: Any) -> Any:
        """Handle `message` and what follows; return None, or what is left to be looked at."""
        while message is not mailbox.EMPTY:
            if self.is_for_loop(message):
                self.message = message
                return message
            event = message
            if type(message) is not Call or self.debug is not None:
                event = self.event_of(message)  # type: ignore[attr-defined]
            if event is not None and (type(event) is not Call or self.is_awaited(event)):
                result = self.handle(event)
                if result is not None:
                    return result
            event = None  # it may be large, and the next one long in coming
            message = receiving.take_next(process.current())
        return None

    def handle(self, event: Any) -> Any:
        """Let the callback of the state handle `event`."""
        self.message = event
        if type(event) is Call:
            call: Call = event
            self.from_ = call.from_
        if self.zero or self.running:
            self.drop("event")  # type: ignore[attr-defined]
        result = self.callback(event)
        if not native.is_coroutine(result):
            result = self.finish(result)
        if result is None:
            self.message = self.from_ = None
        return result

    def is_awaited(self, call: Call) -> bool:
        """Tell whether the sender of a request that is new still waits."""
        return not requests.is_late(call.from_)

    def finish(self, result: Any) -> Any:
        """Reply, if that is all that the result says."""
        action: Any = result
        if type(result) is self.stay and len(result.actions) == 1:
            action = result.actions[0]
        if type(action) is not self.answer:
            return result
        self.reply(action.from_, action.value)
        return None
