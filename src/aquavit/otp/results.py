"""What a callback may return, besides a plain reply.

    IGNORE                  from init: do not start after all
    Reply(value)            the reply, and what to do next
    NO_REPLY                no reply now; `GenServer.reply` sends one later
    Stop(reason)            end, after `terminate`
    Continue, Timeout,      what to do next (`then=`); where no reply is due a callback
    HIBERNATE               may return them as they are

Elixir: the return values of GenServer's callbacks.
"""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar

from aquavit.core import requests
from aquavit.core.exits import ProcessExit
from aquavit.core.records import record

__all__ = ["HIBERNATE", "IGNORE", "NO_REPLY", "Continue", "NoReply", "Reply", "Stop", "Timeout"]

R_co = TypeVar("R_co", covariant=True)


class _Constant:
    """A value that stands only for itself."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name

    def __reduce__(self) -> str:
        return self._name

    def __copy__(self) -> _Constant:
        return self

    def __deepcopy__(self, memo: object) -> _Constant:
        return self


#: From init: do not start; the start function returns None. Elixir: :ignore.
IGNORE: Final = _Constant("IGNORE")
#: Wait for the next message with as little memory as possible. Elixir: :hibernate.
HIBERNATE: Final = _Constant("HIBERNATE")
#: No reply was given to `Stop`.
UNSET: Final = _Constant("UNSET")


@record
class Continue:
    """Call `handle_continue(argument)` before the next message.

    Elixir: {:continue, argument}.
    """

    argument: Any = None


@record
class Timeout:
    """Call `handle_info("timeout")` unless a message arrives within `seconds`.

    None seconds wait for ever.

    Raises:
        TypeError, ValueError: it is no such time.

    Elixir: a timeout as the last element.
    """

    seconds: float | None

    def __post_init__(self) -> None:
        requests.check_timeout(self.seconds, "Timeout")


@record
class Reply(Generic[R_co]):
    """Reply `value`, then do `then`: Continue, Timeout or HIBERNATE.

    Elixir: {:reply, value, state, then}.
    """

    value: R_co
    then: Any = None


@record
class NoReply:
    """Send no reply now, then do `then`.

    Elixir: {:noreply, state, then}.
    """

    then: Any = None


@record
class Stop:
    """End with `reason`: `terminate` runs, then the reply, if there is one, is sent.

    Elixir: {:stop, reason, reply, state}.
    """

    reason: Any = "normal"
    reply: Any = UNSET


#: What callbacks may return, in words.
FROM_INIT: Final = (
    "None (the state is kept on self), Continue(...), Timeout(...), HIBERNATE, Stop(reason)"
    " or IGNORE"
)
FROM_INIT_OF_MACHINE: Final = "NextState(first, *actions), Stop(reason) or IGNORE"
FROM_STATE: Final = (
    "None, KeepState(...), NextState(...), RepeatState(...), Stop(...), StopAndReply(...)"
    " or one action"
)
ACTION: Final = "ReplyTo(...), NextEvent(...), a timeout, POSTPONE or HIBERNATE"
FROM_CAST: Final = "None, NoReply(then=...), Continue(...), Timeout(...), HIBERNATE or Stop(reason)"
FROM_CALL: Final = (
    "a reply, Reply(value, then=...), NO_REPLY, NoReply(then=...) or Stop(reason, reply=...),"
    " where `then` is None, Continue(...), Timeout(...) or HIBERNATE"
)
#: No reply now. Elixir: {:noreply, state}.
NO_REPLY: Final = NoReply()
#: What a callback may return to say what comes next.
NEXT: Final = (Continue, Timeout, _Constant)


def refused(tag: str, result: object, callback: str, allowed: str) -> ProcessExit:
    """Return the end of a server whose `callback` has returned what is not `allowed`."""
    end = ProcessExit((tag, result))
    end.add_note(f"expected from {callback}: {allowed}")
    return end
