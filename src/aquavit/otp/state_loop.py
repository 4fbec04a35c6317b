"""The loop of a state machine: which event comes next, and what a transition does.

    queue      events that are there already, in order: those that were postponed, and
               those that `NextEvent` has made
    zero       timeouts that are due at once: they come when the queue is empty, before any
               message that is in the mailbox
    running    the other timeouts, by what they are: (timer, number, event)
    due        number -> which of them that is
    postponed  events for the next state, the oldest first

Erlang: gen_statem:loop_event/5 and what follows it.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from types import CoroutineType
from typing import Any

from aquavit.core import loops, tables
from aquavit.core.exits import ProcessExit
from aquavit.core.records import record
from aquavit.core.serving import EventTurns
from aquavit.core.signals import Call, Cast, Exit, System
from aquavit.otp import reports, results, system
from aquavit.otp.behaviour_loop import BehaviourLoop, self_pid
from aquavit.otp.events import (
    CANCEL,
    UPDATE,
    Enter,
    EventTimeout,
    GenericTimeout,
    Info,
    StateTimeout,
    TimeoutAction,
)
from aquavit.otp.gen import Starting
from aquavit.otp.results import HIBERNATE, Stop
from aquavit.otp.transitions import (
    ACTIONS,
    POSTPONE,
    KeepState,
    NextEvent,
    NextState,
    RepeatState,
    ReplyTo,
    StopAndReply,
)
from aquavit.process import cancel_timer, receive, send_after, wording

__all__ = ["StateLoop"]


@record
class Due:
    """The message of a timer; one that was cancelled meanwhile is not known any more."""

    number: int


@dataclass(slots=True)
class Plan:
    """What the actions of one transition ask for."""

    events: list[Any]
    timeouts: list[TimeoutAction]
    postpone: bool = False


class StateLoop(BehaviourLoop, EventTurns):
    """Runs one state machine."""

    kind = "State machine"
    __slots__ = ("due", "postponed", "queue", "started", "state")

    def __init__(self, module: Any, starting: Starting) -> None:
        super().__init__(module, KeepState, ReplyTo)
        self.set_up(starting)
        self.state: Any = None
        self.queue: deque[Any] = deque()
        self.postponed: list[Any] = []
        self.due: dict[int, Any] = {}
        self.started = 0

    def accept(self, result: Any) -> Any:
        """Return the first transition, which `init` has returned.

        Raises:
            ProcessExit: it is none.
        """
        if type(result) is not NextState:
            raise ProcessExit(("bad_return_from_init", result))
        self.move(result.state)
        return result

    # --- events

    async def serve(self, then: Any) -> Stop:
        """Handle events until one says stop."""
        stop = await self.arrive(then)
        queue, zero = self.queue, self.zero
        while stop is None:
            if queue or zero:
                result = self.handle(self.take())
            else:
                # Two lines: in one, a bound method would wait along with each machine.
                result = await (self.system_message() if self.suspended else receive())
                result = self.begin(result)
            if result is None:
                continue
            if type(result) is CoroutineType:
                result = self.finish(await result)
            if result is self.message and type(result) is System:
                stop = await system.handle(self, result)
            elif result is self.message and type(result) is Exit:
                return Stop(result.reason)
            elif result is not None:
                stop = await self.follow(result, self.message)
                if stop is not None:
                    return stop
            # What the last event held may be large, and the wait long.
            result = self.message = self.from_ = None
        return stop

    async def arrive(self, first: NextState) -> Stop | None:
        """Do what `init` has returned."""
        plan = self.planned(first.actions)
        stop = await self.enter(self.state, plan) if self.module.state_enter else None
        if stop is None:
            self.proceed(plan, None, False)
        return stop

    def take(self) -> Any:
        """Return the next event that is there already, or None."""
        if self.queue:
            return self.queue.popleft()
        for key in self.zero:
            return self.zero.pop(key)
        return None

    def event_of(self, message: Any) -> Any:
        """Return a message as an event; None for a timer that was cancelled."""
        if type(message) is Due:
            key = self.due.pop(message.number, None)
            return None if key is None else self.running.pop(key)[2]
        if self.debug is not None:
            self.debug.received(message)
        return message if type(message) in (Call, Cast) else Info(message)

    def move(self, state: Any) -> None:
        """Make `state` the present one."""
        self.callback = self.module._callback(state)
        self.state = state

    # --- transitions

    async def follow(self, result: Any, event: Any) -> Stop | None:
        """Do what the callback says, after `event`."""
        stop = self.stop_of(result)
        if stop is not None:
            return stop
        before, plan = self.state, self.planned(self.actions_of(result))
        changed = type(result) is NextState and not _same(result.state, before)
        if changed:
            self.move(result.state)
        if self.module.state_enter and (changed or type(result) is RepeatState):
            stop = await self.enter(before, plan)
        if stop is None:
            self.proceed(plan, event, changed)
        return stop

    async def enter(self, before: Any, plan: Plan) -> Stop | None:
        """Greet the present state, as often as it asks for; its actions join the plan."""
        while True:
            result = self.callback(Enter(before))
            if type(result) is CoroutineType:
                result = await result
            stop = self.stop_of(result)
            if stop is not None:
                return stop
            if type(result) is NextState and not _same(result.state, self.state):
                raise ProcessExit(("bad_state_enter_return_from_state_function", result))
            for action in self.actions_of(result):
                if action is POSTPONE or type(action) is NextEvent:
                    raise ProcessExit(("bad_state_enter_action_from_state_function", action))
                self.plan(action, plan)
            if type(result) is not RepeatState:
                return None

    def stop_of(self, result: Any) -> Stop | None:
        """Return the end that a result asks for, or None; replies are sent."""
        if type(result) is StopAndReply:
            for reply in result.replies:
                if type(reply) is not ReplyTo:
                    raise ProcessExit(("bad_reply_action_from_state_function", reply))
                self.reply(reply.from_, reply.value)
            return Stop(result.reason)
        return result if type(result) is Stop else None

    def actions_of(self, result: Any) -> tuple[Any, ...]:
        """Return the actions of a result that goes on.

        Raises:
            ProcessExit: it is no result.
        """
        if result is None:
            return ()
        if type(result) in (KeepState, NextState, RepeatState):
            return result.actions  # type: ignore[no-any-return]
        if type(result) in ACTIONS:
            return (result,)
        raise self.refused("bad_return_from_state_function", result, results.FROM_STATE)

    def planned(self, actions: tuple[Any, ...]) -> Plan:
        """Do what can be done at once, and return the rest."""
        plan = Plan([], [])
        for action in actions:
            self.plan(action, plan)
        return plan

    def plan(self, action: Any, plan: Plan) -> None:
        """Send a reply, or add an action to the plan."""
        if type(action) is ReplyTo:
            self.reply(action.from_, action.value)
        elif type(action) is NextEvent:
            plan.events.append(action.event)
        elif type(action) is TimeoutAction:
            plan.timeouts.append(action)
        elif action is POSTPONE:
            plan.postpone = True
        elif action is not HIBERNATE:
            raise self.refused("bad_action_from_state_function", action, results.ACTION)

    def proceed(self, plan: Plan, event: Any, changed: bool) -> None:
        """Order the events anew, and see to the timeouts."""
        if plan.postpone and event is not None:  # from `init` there is none
            self.postponed.append(event)
        if changed:
            self.queue.extendleft(reversed(self.postponed))
            self.postponed.clear()
            self.drop("state")
        self.queue.extendleft(reversed(plan.events))
        if len(plan.timeouts) > 1:
            plan.timeouts = _last_of_each(plan.timeouts)
        for action in plan.timeouts:
            self.set(action)

    # --- timeouts

    def set(self, action: TimeoutAction) -> None:
        """Start, cancel or change a timeout."""
        key, event = _key(action.event), action.event
        if action.what == UPDATE:
            if key in self.running:
                self.running[key] = (*self.running[key][:2], event)
            else:
                self.zero[key] = event  # one that is due already keeps its place
            return
        self.drop(key)
        if action.what == CANCEL or action.seconds in (None, math.inf):
            return
        if action.seconds == 0:
            self.zero[key] = event
            return
        self.started += 1
        timer = send_after(self_pid(), Due(self.started), action.seconds)
        self.running[key] = (timer, self.started, event)
        self.due[self.started] = key

    def drop(self, key: Any) -> None:
        """End a timeout, if it runs."""
        self.zero.pop(key, None)
        found = self.running.pop(key, None)
        if found is not None:
            del self.due[found[1]]
            cancel_timer(found[0])

    def refused(self, tag: str, result: Any, allowed: str) -> ProcessExit:
        """Return the end for what the callback of the present state has returned."""
        return results.refused(tag, result, f"state {wording.shown(self.state)}", allowed)

    # --- the crash report

    def note(self) -> None:
        """Say what the crash report shows."""
        waiting = [] if self.message is None else [self.message]
        shown = {"Queue": [*waiting, *self.queue], "Postponed": self.postponed}
        facts = reports.machine_facts(self, shown)
        loops.here("GenStateMachine").extras().report = facts


def _key(event: Any) -> Any:
    """Return what tells one timeout of a machine from the others."""
    if type(event) is StateTimeout:
        return "state"
    if type(event) is EventTimeout:
        return "event"
    return GenericTimeout, tables.canonical(event.name)


def _last_of_each(actions: list[TimeoutAction]) -> list[TimeoutAction]:
    """Return the actions that count: the last one of each timeout, in their order."""
    last: dict[Any, TimeoutAction] = {}
    for action in actions:
        key = _key(action.event)
        last.pop(key, None)
        last[key] = action
    return list(last.values())


def _same(a: Any, b: Any) -> bool:
    """Tell whether two states are the same."""
    if a is b:
        return True
    try:
        return bool(tables.canonical(a) == tables.canonical(b))
    except (TypeError, ValueError):  # no key: an object that can change, or one nested deeply
        return type(a) is type(b) and (a == b) is True
