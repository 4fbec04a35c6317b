"""GenStateMachine: a process that is in one of several states, and acts accordingly.

Erlang: gen_statem.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from aquavit.core.exits import brief
from aquavit.otp.behaviour_loop import BehaviourLoop
from aquavit.otp.gen_server import GenServer
from aquavit.otp.state_loop import StateLoop

__all__ = ["GenStateMachine", "state"]

F = TypeVar("F", bound=Callable[..., Any])


def state(function: F) -> F:
    """Make a method the callback of the state that has its name.

    Args:
        function: the method, `def` or `async def`; it takes the event.

    Example:
        >>> class Door(GenStateMachine):
        ...     def init(self):
        ...         return NextState("closed")
        ...     @state
        ...     def closed(self, event):
        ...         if event == Cast("open"):
        ...             return NextState("opened")
        ...     @state
        ...     def opened(self, event):
        ...         if event == Cast("close"):
        ...             return NextState("closed")
        >>> async def main():
        ...     door = await Door.start_link()
        ...     GenStateMachine.cast(door, "open")
        ...     return await system.get_state(door)
        >>> run(main)
        ('opened', {})

    Elixir: a state function of :gen_statem.
    """
    if not callable(function):
        raise TypeError(f"@state: expected a method, got {brief(function)}")
    function.__aquavit_state__ = True  # type: ignore[attr-defined]
    return function


class GenStateMachine(GenServer):
    """The base of state machines: a method with `@state` for each state, or `handle_event`.

    A callback gets one event: `Call(request, from_)`, `Cast(request)`, `Info(message)`,
    `Internal(content)` or one of the timeouts, and returns where to go: None or
    `KeepState(...)`, `NextState(...)`, `RepeatState(...)`, `Stop(...)`,
    `StopAndReply(...)`. The data live on the instance, the state is `self.state`.

    With `state_enter = True` each state is greeted with `Enter(old)` when it is entered.

    Example:
        >>> class Switch(GenStateMachine):
        ...     def init(self):
        ...         self.count = 0
        ...         return NextState("off")
        ...     @state
        ...     def off(self, event):
        ...         match event:
        ...             case Cast("push"):
        ...                 self.count += 1
        ...                 return NextState("on")
        ...             case Call("count", from_):
        ...                 return ReplyTo(from_, self.count)
        ...     @state
        ...     def on(self, event):
        ...         return NextState("off") if event == Cast("push") else POSTPONE
        >>> async def main():
        ...     switch = await Switch.start_link()
        ...     GenStateMachine.cast(switch, "push")
        ...     GenStateMachine.cast(switch, "push")
        ...     return await GenStateMachine.call(switch, "count")
        >>> run(main)
        1

    Elixir: :gen_statem.
    """

    #: Greet each state with `Enter(old)`.
    state_enter: ClassVar[bool] = False

    _states: ClassVar[dict[str, Callable[..., Any]]] = {}
    _loop_class: ClassVar[type[BehaviourLoop]] = StateLoop

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._states = {
            name: getattr(cls, name)
            for base in reversed(cls.__mro__)
            for name, value in vars(base).items()
            if getattr(value, "__aquavit_state__", False)
        }
        one = cls.handle_event is not GenStateMachine.handle_event
        if one and cls._states:
            raise TypeError(
                f"{cls.__qualname__}: expected handle_event or methods with @state, got both:"
                f" {', '.join(cls._states)}"
            )

    # --- callbacks

    def init(self, *args: Any, **kwargs: Any) -> Any:
        """Set up the data; runs in the new process before the start function returns.

        Returns:
            `NextState(first, *actions)`, `Stop(reason)` or `IGNORE`.

        Elixir: init/1.
        """
        raise TypeError(
            f"{type(self).__qualname__} does not define init\n"
            f"define it and return NextState(...), the first state"
        )

    def handle_event(self, state: Any, event: Any) -> Any:
        """Handle an event in any state; define it in place of methods with `@state`.

        A state may then be any data.

        Args:
            state: the present state.
            event: the event, or `Enter(old)`.

        Returns:
            As the class says.

        Elixir: handle_event/4.
        """
        raise NotImplementedError

    # --- the state

    @property
    def state(self) -> Any:
        """The present state."""
        return self._machine().state

    def get_state(self) -> Any:
        """Return `(state, data)`; the data are the attributes, as a dict."""
        return self.state, dict(vars(self))

    def set_state(self, state: Any) -> None:
        """Take over what `get_state` has returned, or something like it; nothing is entered."""
        present, data = state
        self._callback(present)
        super().set_state(data)
        self._machine().move(present)

    # --- for the loop

    def _machine(self) -> StateLoop:
        loop = self._loop
        assert isinstance(loop, StateLoop)
        return loop

    def _callback(self, state: Any) -> Callable[[Any], Any]:
        """Return what handles an event in `state`.

        Raises:
            ValueError: the class has no such state.
        """
        if type(self).handle_event is not GenStateMachine.handle_event:
            return functools.partial(self.handle_event, state)
        known = type(self)._states
        if type(state) is not str or state not in known:
            names = ", ".join(map(repr, known)) or "none: no method has @state"
            raise ValueError(
                f"{type(self).__qualname__}: expected one of its states ({names}),"
                f" got {brief(state)}"
            )
        return types.MethodType(known[state], self)
