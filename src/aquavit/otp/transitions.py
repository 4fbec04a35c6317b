"""What a callback of a state machine returns: where to go, and what to do on the way.

    None                      stay; the same as KeepState()
    KeepState(*actions)       stay in the state
    NextState(state, *actions)
    RepeatState(*actions)     stay, and enter the state once more
    Stop(reason)              end, after `terminate`
    StopAndReply(reason, *replies)

    ReplyTo(from_, value)     send a reply
    POSTPONE                  keep the event for the next state
    NextEvent(event)          handle this before anything that waits
    HIBERNATE                 as for a server
    StateTimeout.after(...)   and so on, of `events`

They are made once for each event, so they are not frozen, which would cost more than all
else that a transition does.

Erlang: gen_statem:action/0, event_handler_result/2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from aquavit.core.exits import brief
from aquavit.core.ids import Alias
from aquavit.core.signals import Call, Cast
from aquavit.otp.events import TIMEOUTS, Info, Internal, TimeoutAction
from aquavit.otp.results import _Constant

__all__ = [
    "POSTPONE",
    "KeepState",
    "NextEvent",
    "NextState",
    "RepeatState",
    "ReplyTo",
    "StopAndReply",
]

#: Keep the event; when the state has changed it comes again. Elixir: :postpone.
POSTPONE: Final = _Constant("POSTPONE")


@dataclass(slots=True)
class ReplyTo:
    """Reply `value` to a call, that of the event or an earlier one.

    Elixir: {:reply, from, value}.
    """

    from_: Alias
    value: Any


@dataclass(slots=True)
class NextEvent:
    """Handle `event` before all that waits, as if it had just come.

    Args:
        event: an `Internal`, `Cast`, `Call`, `Info` or a timeout.

    Raises:
        TypeError: it is something else.

    Elixir: {:next_event, type, content}.
    """

    event: Any

    def __post_init__(self) -> None:
        if not isinstance(self.event, (Internal, Cast, Call, Info, *TIMEOUTS)):
            raise TypeError(
                f"NextEvent: expected an event, got {brief(self.event)}\n"
                f"Internal(...) makes one of any data"
            )


@dataclass(slots=True, init=False)
class KeepState:
    """Stay in the state, and do `actions` in their order.

    Elixir: {:keep_state_and_data, actions}.
    """

    actions: tuple[Any, ...]

    def __init__(self, *actions: Any) -> None:
        self.actions = actions


@dataclass(slots=True, init=False)
class RepeatState:
    """Stay in the state, and enter it once more if the machine has `state_enter`.

    Timeouts go on, and postponed events stay postponed.

    Elixir: {:repeat_state_and_data, actions}.
    """

    actions: tuple[Any, ...]

    def __init__(self, *actions: Any) -> None:
        self.actions = actions


@dataclass(slots=True, init=False)
class NextState:
    """Go to `state`, and do `actions` in their order.

    If that is the present state, nothing changes: it is as `KeepState`. From `init` it is
    the first state.

    Elixir: {:next_state, state, data, actions}.
    """

    state: Any
    actions: tuple[Any, ...]

    def __init__(self, state: Any, *actions: Any) -> None:
        self.state = state
        self.actions = actions


@dataclass(slots=True, init=False)
class StopAndReply:
    """Send the replies, then end with `reason`, after `terminate`.

    Elixir: {:stop_and_reply, reason, replies}.
    """

    reason: Any
    replies: tuple[ReplyTo, ...]

    def __init__(self, reason: Any, *replies: ReplyTo) -> None:
        self.reason = reason
        self.replies = replies


#: What a callback may return as it is, in place of KeepState(action).
ACTIONS: Final = (ReplyTo, NextEvent, TimeoutAction, _Constant)
