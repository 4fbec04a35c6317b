"""The events of a state machine, beside `Call` and `Cast`, and its timeouts.

    Info(message)            any other message
    Internal(content)        what only the machine itself can have caused
    Enter(old)               not an event: the call that greets a state
    StateTimeout(content)    ends with the state that it was started in
    EventTimeout(content)    ends with the next event, whatever it is
    GenericTimeout(name, c)  ends only when it is cancelled or started again

The three timeouts are started, cancelled and changed by actions that their classes make.

Erlang: gen_statem:event_type/0, timeout_action/0.
"""

from __future__ import annotations

from typing import Any, Final

from aquavit.core import requests
from aquavit.core.records import record

__all__ = [
    "CANCEL",
    "START",
    "UPDATE",
    "Enter",
    "EventTimeout",
    "GenericTimeout",
    "Info",
    "Internal",
    "StateTimeout",
    "TimeoutAction",
]

START, CANCEL, UPDATE = "start", "cancel", "update"


@record
class Info:
    """A message that is neither a call nor a cast. Elixir: :info."""

    message: Any


@record
class Internal:
    """An event that `NextEvent` has made. Elixir: :internal."""

    content: Any = None


@record
class Enter:
    """A state is entered, from `old`; at the start and after `RepeatState` from itself.

    A `RepeatState` that an entry returns repeats that entry, with the same `old`.

    Elixir: :enter.
    """

    old: Any


@record
class TimeoutAction:
    """Start, cancel or change a timeout; made by the methods of the three classes.

    `event` is what comes when the time is over; its content is not looked at by "cancel".
    """

    what: str
    event: Any
    seconds: float | None = None

    def __post_init__(self) -> None:
        requests.check_timeout(self.seconds, f"{type(self.event).__name__}.after")


@record
class StateTimeout:
    """The machine has been in its state for the time that was set.

    A change of the state cancels it.

    Example:
        >>> class Light(GenStateMachine):
        ...     def init(self):
        ...         return NextState("red", StateTimeout.after(0.001))
        ...     @state
        ...     def red(self, event):
        ...         if event == StateTimeout():
        ...             return NextState("green")
        ...     @state
        ...     def green(self, event):
        ...         if isinstance(event, Call):
        ...             return KeepState(ReplyTo(event.from_, "green"))
        ...         return POSTPONE
        >>> async def main():
        ...     light = await Light.start_link()
        ...     await sleep(0.02)
        ...     return await GenStateMachine.call(light, "which?")
        >>> run(main)
        'green'

    Elixir: :state_timeout.
    """

    content: Any = None

    @classmethod
    def after(cls, seconds: float | None, content: Any = None) -> TimeoutAction:
        """Return the action that starts it, anew if it runs; None seconds cancel it."""
        return TimeoutAction(START, cls(content), seconds)

    @classmethod
    def cancel(cls) -> TimeoutAction:
        """Return the action that ends it."""
        return TimeoutAction(CANCEL, cls())

    @classmethod
    def update(cls, content: Any) -> TimeoutAction:
        """Return the action that changes its content; if it does not run, it comes at once."""
        return TimeoutAction(UPDATE, cls(content))


@record
class EventTimeout:
    """No event has come for the time that was set. Elixir: :timeout."""

    content: Any = None

    @classmethod
    def after(cls, seconds: float | None, content: Any = None) -> TimeoutAction:
        """Return the action that starts it, anew if it runs; None seconds cancel it."""
        return TimeoutAction(START, cls(content), seconds)

    @classmethod
    def cancel(cls) -> TimeoutAction:
        """Return the action that ends it."""
        return TimeoutAction(CANCEL, cls())

    @classmethod
    def update(cls, content: Any) -> TimeoutAction:
        """Return the action that changes its content; if it does not run, it comes at once."""
        return TimeoutAction(UPDATE, cls(content))


@record
class GenericTimeout:
    """The time set for `name` is over; any number of them run at the same time.

    Elixir: {:timeout, name}.
    """

    name: Any
    content: Any = None

    @classmethod
    def after(cls, name: Any, seconds: float | None, content: Any = None) -> TimeoutAction:
        """Return the action that starts it, anew if it runs; None seconds cancel it."""
        return TimeoutAction(START, cls(name, content), seconds)

    @classmethod
    def cancel(cls, name: Any) -> TimeoutAction:
        """Return the action that ends it."""
        return TimeoutAction(CANCEL, cls(name))

    @classmethod
    def update(cls, name: Any, content: Any) -> TimeoutAction:
        """Return the action that changes its content; if it does not run, it comes at once."""
        return TimeoutAction(UPDATE, cls(name, content))


#: The events that a timeout causes.
TIMEOUTS: Final = (StateTimeout, EventTimeout, GenericTimeout)
