"""A runtime whose every move is chosen from outside, with a clock that stands still.

A move is one of these, and they are offered in this order, which is about that of the
real runtime: the first of all moves is always its next one.

    signal     the oldest signal under way from one process to another arrives
    step       a ready process runs until it waits
    callback   the event loop calls what was given to `call_soon` first
    timer      a timer that is due fires

A message or exit signal from one process to another is under way until its arrival is
chosen; those between the same two processes keep their order. Whoever looks at a process
sees it after all that he has sent to it, and a signal that is wanted no more (after
`unlink`, `demonitor`) is dropped, as Erlang guarantees. Replies arrive at once: that
their receiver runs late comes to the same. So do messages for a bounded mailbox, at whose
length their senders have looked.

Time passes only when there is no other move, to the next deadline. Timers up to `lag`
seconds later may then fire before what has become ready runs.

    looked     somebody has looked at the mailbox of another; set back from outside
    choose     called with the number of moves when there are two or more
    virtual    the time in seconds
    over       set from outside to end `run`
    log        list of what happened, or None

Erlang: none; Concuerror and PULSE are its like.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aquavit.core import native, process, relations, signals
from aquavit.core.ids import Alias, Pid, Ref
from aquavit.core.process import Process
from aquavit.core.relations import From
from aquavit.core.runtime import Runtime
from aquavit.core.signals import Down
from aquavit.core.timers import Timer

__all__ = ["SimulatedRuntime"]

MESSAGE, EXIT, TO_ALIAS = 0, 1, 2


class Channel:
    """What is under way from one process to another, as tuples.

    (MESSAGE, number, value), (TO_ALIAS, number, value, alias) and
    (EXIT, number, sender, reason, from_link).
    """

    __slots__ = ("receiver", "sender", "signals")

    def __init__(self, sender: Process | None, receiver: Process) -> None:
        self.sender = sender
        self.receiver = receiver
        self.signals: list[Any] = []


class SimulatedRuntime(Runtime):
    """Makes the moves that `choose` picks."""

    def __init__(self, loop: Any, callbacks: Any, choose: Any, delays: bool, lag: float) -> None:
        self.virtual = self.since = 0.0
        Runtime.__init__(self, loop)
        self.callbacks = callbacks
        self.choose = choose
        self.delays = delays
        self.lag = lag
        self.over = False
        self.asks_always = False
        self.looked = False
        self.moves = 0
        self.most_moves = 0
        self.signals = 0
        self.flying: list[Any] = []
        self.runnable: list[Any] = []
        self.ripe: list[Any] = []
        self.origin: Process | None = None
        self.chosen: Any = None
        self.log: Any = None
        self.before_move: Any = None
        self.scheduled = True  # the loop need not call: `run` does

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self.virtual

    def arm(self) -> None:
        """Do nothing: `run` looks at the timers itself."""

    # --- moves

    def run(self) -> bool:
        """Make moves until `over` is set; False if it is not and none is left."""
        self.enter()
        try:
            while not self.over:
                if not self.move():
                    return False
        finally:
            process.set_current(None)
            self.leave()
        return True

    def abandon(self) -> None:
        """Drop every process, also where one is only noted: each leads back here."""
        self.flying.clear()
        self.runnable = self.ripe = []
        self.origin = self.chosen = None
        Runtime.abandon(self)

    def move(self) -> bool:
        """Make one move, if there is any."""
        if self.before_move is not None:
            self.before_move(self)
        total = self.count_moves()
        if total == 0:
            return self.pass_time()
        self.moves += 1
        if self.moves > self.most_moves > 0:
            return False
        index = 0
        if total > 1 or self.asks_always:
            index = self.choose(total)
        if index < len(self.flying):
            self.arrive(self.flying[index])
            return True
        index -= len(self.flying)
        if index < len(self.runnable):
            self.step_chosen(self.runnable[index])
            return True
        index -= len(self.runnable)
        if len(self.callbacks) > 0:
            if index == 0:
                self.call_back()
                return True
            index -= 1
        self.fire_chosen(self.ripe[index])
        return True

    def count_moves(self) -> int:
        """Find out what can be done next; return how much that is."""
        runnable: list[Any] = []
        p: Process | None = self.ready_head
        while p is not None:
            if p.state == native.READY:
                runnable.append(p)
            p = p.next
        self.runnable = runnable
        total = len(self.flying) + len(runnable)
        if len(self.callbacks) > 0:
            total += 1
        self.find_ripe()
        return total + len(self.ripe)

    def find_ripe(self) -> None:
        """Find the timers that may fire now, in the order in which they would."""
        limit = self.virtual
        if self.since + self.lag > limit:
            limit = self.since + self.lag
        timer: Timer | None = self.timers.earliest()
        if timer is None or timer.deadline > limit:
            if len(self.ripe) > 0:
                self.ripe = []
            return
        found = [each for each in self.timers.items if each is not None and each.deadline <= limit]
        if len(found) > 1:
            found.sort(key=_by_deadline)
        if timer.deadline > self.virtual and self.is_idle():
            found = []
        self.ripe = found

    def is_idle(self) -> bool:
        """Tell whether only the passing of time can bring a move."""
        return len(self.flying) + len(self.runnable) == 0 and len(self.callbacks) == 0

    def pass_time(self) -> bool:
        """Go to the next deadline, if there is one."""
        timer: Timer | None = self.timers.earliest()
        if timer is None:
            return False
        if timer.deadline > self.virtual:
            self.virtual = timer.deadline
        self.since = self.now = self.virtual
        return True

    def step_chosen(self, p: Process) -> None:
        """Take `p` out of the run queue and let it run until it waits."""
        before: Process | None = None
        each: Process | None = self.ready_head
        while each is not None and each is not p:
            before = each
            each = each.next
        if before is None:
            self.ready_head = p.next
        else:
            before.next = p.next
        if self.ready_tail is p:
            self.ready_tail = before
        p.next = None
        if self.log is not None:
            self.log.append(("step", self.virtual, p.pid))
        self.chosen = p
        stack = self.own_stack(p) if p.parked else self.idle_stack()
        if stack is not None:
            self.leave()
            try:
                self.lend(stack)
            finally:
                self.enter()

    def run_slice(self) -> None:
        """Step the chosen process."""
        p = self.chosen
        self.enter()
        try:
            if p.killed:
                self.close(p)
            else:
                self.step(p)
        finally:
            process.set_current(None)
            self.leave()

    def call_back(self) -> None:
        """Let the loop call what is due first."""
        handle = self.callbacks.popleft()
        self.leave()
        try:
            if not handle._cancelled:  # since it was due
                handle._run()
        finally:
            self.enter()

    def fire_chosen(self, timer: Timer) -> None:
        """Let `timer` fire; the time is then its deadline at least."""
        if timer.deadline > self.virtual:
            self.virtual = self.now = timer.deadline
        if self.log is not None:
            p: Process | None = timer.process
            self.log.append(("timer", self.virtual, timer.dest if p is None else p.pid))
        self.timers.remove(timer)
        self.fire(timer)

    def due(self, timer: Timer) -> None:
        """Let the loop call what it was asked to call now, or do what a Runtime does."""
        if timer.process is None and isinstance(timer.dest, asyncio.Handle):
            self.callbacks.append(timer.dest)
        else:
            Runtime.due(self, timer)

    # --- signals

    def sender(self, p: Process) -> Any:
        """Return whose signal to `p` is now sent, None if it cannot be under way."""
        if not self.delays:
            return None
        sender = process.current()
        if sender is None:
            sender = self.origin
        if sender is None:
            sender = self.adopted.get(asyncio.current_task(self.loop))
        return None if sender is p else sender

    def put(self, sender: Process | None, p: Process, signal: tuple[Any, ...]) -> None:
        """Let a signal be under way."""
        self.signals += 1
        channel: Channel
        for each in self.flying:
            channel = each
            if channel.sender is sender and channel.receiver is p:
                channel.signals.append(signal)
                return
        channel = Channel(sender, p)
        channel.signals.append(signal)
        self.flying.append(channel)

    def arrive(self, channel: Channel) -> None:
        """Let the oldest signal of `channel` arrive."""
        signal = channel.signals.pop(0)
        self.flying.remove(channel)
        if len(channel.signals) > 0:
            self.flying.append(channel)
        p: Process = channel.receiver
        if p.state == native.DEAD:
            return
        if self.log is not None:
            self.log.append(("arrive", self.virtual, signal[1]))
        if signal[0] == MESSAGE:
            self.land(p, signal[2])
        elif signal[0] == TO_ALIAS:
            alias: Alias = signal[3]
            if relations.open_alias(p, alias):
                Runtime.deliver(self, p, signal[2])
                if relations.alias_mode(p, alias) is None:  # nor is its Down wanted now
                    self.forget(p, alias)
        else:
            Runtime.signal_exit(self, p, signal[2], signal[3], signal[4])

    def flush(self, sender: Any, p: Process) -> None:
        """Let all arrive that is under way from one process to another."""
        for each in list(self.flying):
            channel: Channel = each
            if channel.receiver is p and comes_from(channel.sender, sender):
                while len(channel.signals) > 0:
                    self.arrive(channel)

    def deliver(self, p: Process, value: Any) -> None:
        """Put a message under way."""
        sender = self.sender(p)
        if self.log is not None:
            whose = sender
            if whose is None:
                whose = process.current() or self.origin
            self.note("send", whose, p, value)
        if sender is not None and not is_answer(value) and not is_bounded(p):
            self.put(sender, p, (MESSAGE, self.signals, value))
        else:
            if sender is not None:
                self.flush(sender, p)
            self.land(p, value)

    def land(self, p: Process, value: Any) -> None:
        """Put a message into the mailbox; with a Down the alias of its monitor may end."""
        ref = ref_of_down(value)
        if ref is not None and p.rare is not None and ref not in (p.rare.monitors or ()):
            relations.monitor_ended(p, ref)
        Runtime.deliver(self, p, value)

    def deliver_to_alias(self, alias: Alias, value: Any) -> None:
        """Put a message under way; whether the alias is active is seen when it arrives."""
        owner: Process | None = alias.pid.process
        if owner is None:
            return
        sender = self.sender(owner)
        if sender is None or type(alias) is From:
            Runtime.deliver_to_alias(self, alias, value)
            return
        if self.log is not None:
            self.note("send", sender, owner, value)
        self.put(sender, owner, (TO_ALIAS, self.signals, value, alias))

    def send_down(self, p: Process, ref: Ref, pid: Any, reason: Any, tag: Any) -> None:
        """Send a Down; that of one who was dead already is under way, as from nobody."""
        if self.origin is None and self.delays:
            value: Any = signals.told_down(ref, pid, reason, tag)
            if self.log is not None:
                self.note("send", None, p, value)
            self.put(self.dead_sender(pid, p), p, (MESSAGE, self.signals, value))
        else:
            self.deliver(p, signals.told_down(ref, pid, reason, tag))

    def signal_exit(self, p: Process, sender: Any, reason: Any, from_link: bool) -> None:
        """Put an exit signal under way."""
        whose = self.sender(p)
        if self.log is not None:
            self.note("exit", whose or process.current() or self.origin, p, reason)
        if whose is not None:
            self.put(whose, p, (EXIT, self.signals, sender, reason, from_link))
        elif from_link and self.delays and self.origin is None:
            # The target of a link was dead already.
            dead = self.dead_sender(sender, p)
            self.put(dead, p, (EXIT, self.signals, sender, reason, True))
        else:
            self.flush(sender, p)
            Runtime.signal_exit(self, p, sender, reason, from_link)

    def dead_sender(self, pid: Any, p: Process) -> Process | None:
        """Return whom a dead process's last signals to `p` are under way from, if any are.

        What is told of its death comes behind them; else it comes from nobody.
        """
        for each in self.flying:
            channel: Channel = each
            if channel.receiver is p and comes_from(channel.sender, pid):
                return channel.sender
        return None

    def catch_up(self, p: Process) -> None:
        """Let arrive what the running process has sent to `p`."""
        self.looked = True
        self.flush(process.current(), p)

    def forget(self, p: Process, what: Any) -> None:
        """Drop the exit signal of the Pid's link, or the Down of the Ref, on its way to `p`."""
        for each in list(self.flying):
            channel: Channel = each
            if channel.receiver is p:
                before = len(channel.signals)
                channel.signals = [s for s in channel.signals if not is_about(s, what)]
                if len(channel.signals) < before and isinstance(what, Ref):
                    relations.monitor_ended(p, what)
                if len(channel.signals) == 0:
                    self.flying.remove(channel)

    # --- birth and death

    def spawn(self, parent: Process | None, fn: Any, args: tuple[Any, ...]) -> Process:
        """Make a process, and write it down."""
        p = Runtime.spawn(self, parent, fn, args)
        if self.log is not None:
            by = None if parent is None else parent.pid
            self.log.append(("spawn", self.virtual, by, p.pid, p.initial_call))
        return p

    def bury(self, p: Process, reason: Any) -> None:
        """End a process; its last signals are its own."""
        before = self.origin
        self.origin = p
        if self.log is not None:
            self.log.append(("end", self.virtual, p.pid, reason, self.known_as(p)))
        Runtime.bury(self, p, reason)
        self.origin = before

    # --- for strategies and traces

    def moves_now(self) -> list[tuple[Any, ...]]:
        """Return what identifies each possible move: kind, whom it concerns, what it is."""
        found: list[tuple[Any, ...]] = []
        for each in self.flying:
            channel: Channel = each
            signal = channel.signals[0]
            kind = "signal"
            if is_bounded(channel.receiver):
                kind = "counted"
            elif signal[0] == EXIT:
                kind = "exit"
            found.append((kind, channel.receiver.pid.id, signal[1]))
        for each in self.runnable:
            p: Process = each
            found.append(("step", p.pid.id, p.reductions))
        if len(self.callbacks) > 0:
            found.append(("callback", 0, 0))
        for each in self.ripe:
            timer: Timer = each
            found.append(("timer", 0, timer.id))
        return found

    def known_as(self, p: Process) -> Any:
        """Return the name of `p` and its dictionary, None if it has neither."""
        return None if p.rare is None else (p.rare.name, p.rare.dictionary)

    def note(self, what: str, sender: Any, p: Process, value: Any) -> None:
        """Write down a signal, under the number that it arrives with."""
        pid = None if sender is None else sender.pid
        self.log.append((what, self.virtual, pid, p.pid, value, self.signals))


def comes_from(sender: Process | None, wanted: Any) -> bool:
    """Tell whether `sender`, None for nobody, is the Process or the Pid wanted."""
    return sender is not None and (sender is wanted or sender.pid is wanted)


def is_bounded(p: Process) -> bool:
    """Tell whether those who send to `p` look at the length of its mailbox."""
    return p.rare is not None and p.rare.bound is not None


def is_answer(value: Any) -> bool:
    """Tell whether `value` is what ends a request: its reply, or the end of its server."""
    if type(value) is tuple:
        return len(value) == 2 and type(value[0]) is From
    return type(value) is Down and type(value.ref) is From


def is_about(signal: Any, what: Any) -> bool:
    """Tell whether a signal is of the link to a Pid, or of the monitor of a Ref."""
    if signal[0] == EXIT:
        return type(what) is Pid and bool(signal[4]) and signal[2] == what
    if signal[0] == TO_ALIAS:
        return False
    return isinstance(what, Ref) and ref_of_down(signal[2]) == what


def ref_of_down(value: Any) -> Any:
    """Return the Ref of what may be a Down, plain or tagged, else None."""
    if type(value) is Down:
        return value.ref
    if type(value) is tuple and len(value) == 4 and isinstance(value[1], Ref):
        return value[1]
    return None


def _by_deadline(timer: Timer) -> Any:
    return timer.deadline, timer.id
