"""A server's turn, as far as it needs no waiting: which callback serves a message.

    module     the object with the callbacks
    calls,     the functions of its methods that requests may name
    casts
    from_      who sent the request that is being served
    message    the message that is being served
    debug      what wants to know of messages and replies, or None
    special    types of results that are more than a reply

`begin` serves one message, and those that are there behind it. It returns None when that
is all, and otherwise what the loop above must look at: a coroutine to await, a result with
a meaning of its own, or the message itself when it is not for a callback. `finish` is the
second half of one, for a result that had to be awaited.

Erlang: gen_server:try_dispatch, handle_msg.
"""

from __future__ import annotations

from typing import Any

from aquavit.core import mailbox, native, process, receiving, requests
from aquavit.core.signals import Call, Cast, Exit, Method, System

__all__ = ["Turns"]


class Turns:
    """Serves the messages of one process through the callbacks of `module`."""

    def __init__(self, module: Any, calls: dict[str, Any], casts: dict[str, Any]) -> None:
        self.module = module
        self.handle_call: Any = None  # bound at the first call, for those that follow
        self.calls = calls
        self.casts = casts
        self.from_: Any = None
        self.message: Any = None
        self.parent: Any = None
        self.debug: Any = None
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
        if cls is System or (cls is Exit and message.pid == self.parent):
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
        requests.reply(self.from_, result)
        if self.debug is not None:
            self.debug.replied(self.from_, result)
        return None
