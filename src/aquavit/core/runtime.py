"""The runtime: the process table, and the life and death of processes.

    table      slot -> Process or None; a process keeps its slot while it lives
    free       slots that are empty, the first `free_count` of them; never shrunk, since
               a list that shrinks and grows at each birth and death costs a realloc
    alive      number of living processes
    names      registered names
    tables     name -> Table, see `tables`
    adopted    asyncio task -> Process, for tasks that have called this package
    stopping   no new process may live on

One path for every death, `bury`: the name is released, timers and mailbox go, the pid
reads dead, the crash is reported, then links and monitors are told in one go. Before
that an exit signal marks the process as exiting (`is_alive` is false from there on) and
raises ProcessExit where it waits, so its clean-up runs, for CLEANUP_TIMEOUT seconds at
most; `kill` closes it by force at its next turn.

A runtime belongs to one event loop and its thread; see `loops`.

Erlang: process table, erl_proc_sig_queue.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aquavit.core import (
    closing,
    exits,
    isolation,
    native,
    overflow,
    process,
    relations,
    scheduler,
    signals,
    stacks,
    telling,
    timers,
)
from aquavit.core.delivery import Delivery
from aquavit.core.exits import ProcessExit
from aquavit.core.ids import Alias, Pid, Ref
from aquavit.core.names import Names
from aquavit.core.process import Process
from aquavit.core.relations import From, Monitor
from aquavit.core.timers import Timer, TimerHeap

__all__ = ["Runtime"]

#: How often an exiting process may ask for a wait before it is closed by force.
_REFUSALS = 100
#: Exit signals that the end of the program sends at one go.
_STOPPED_AT_ONCE = 10_000


class Runtime(Delivery):
    """All processes of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        Delivery.__init__(self, loop)
        self.table: list[Any] = []
        self.free: list[int] = []
        self.free_count = 0
        native.untrack_list(self.table)
        native.untrack_list(self.free)
        self.alive = 0
        self.names = Names()
        self.tables: dict[str, Any] = {}
        self.adopted: dict[Any, Any] = {}
        self.cleanup_timeout, self.long_mailbox = 5.0, overflow.LONG
        self.stopping = False
        self.fatal: BaseException | None = None
        self.on_fatal: Any = None
        self.guard: Any = None
        self.emptied: Any = None

    # --- birth

    def admit(self, p: Process) -> None:
        """Put `p` into the table."""
        p.started_at = self.now
        p.limit = self.long_mailbox
        if self.free_count > 0:
            self.free_count -= 1
            p.slot = self.free[self.free_count]
            self.table[p.slot] = p
        else:
            p.slot = len(self.table)
            self.table.append(p)
        self.alive += 1

    def spawn(self, parent: Process | None, fn: Any, args: tuple[Any, ...]) -> Process:
        """Make a process that will call `fn(*args)`, its own already, at its first turn."""
        p = process.new_process(self)
        p.initial_call = fn
        p.coroutine = args
        if parent is not None:
            p.parent = parent.pid
        if not (self.shared and self.shares_context(parent)):
            p.context = native.copy_current_context()
        self.admit(p)
        self.enqueue(p)
        if self.stopping:
            self.begin_exit(p, "shutdown")
        return p

    def adopt(self, task: Any) -> Process:
        """Make the running asyncio task a process."""
        p = process.new_process(self)
        p.adopted = True
        p.task = task
        p.state = native.RUNNING
        p.initial_call = task.get_coro()
        self.admit(p)
        self.adopted[task] = p
        return p

    def release(self, p: Process, reason: Any) -> None:
        """Bury the process of an adopted task that is done."""
        if self.adopted.pop(p.task, None) is not None:
            p.task = None
            self.bury(p, reason)

    def reset_wait(self, p: Process) -> None:
        """Forget the last wait of an adopted task; it may have been cancelled."""
        p.state = native.RUNNING
        p.awaiting = False
        p.put_back()
        p.resume = native.NOTHING
        p.waiter = p.matcher = None
        if p.timer is not None:
            self.drop_timer(p)

    def shares_context(self, parent: Process | None) -> bool:
        """Tell whether a new process has nothing to inherit but the shared context."""
        if parent is None or parent.adopted:
            return len(native.copy_current_context()) == 0
        return parent.context is None and native.context_size(self.base) == 0

    # --- timers

    def due(self, timer: Timer) -> None:
        """Send the message of a timer or do its errand, or end a clean-up that takes long."""
        if timer.process is not None:
            self.kill(timer.process)
            return
        dest = timer.dest
        message = timer.message
        self.forget_timer(timer)
        p: Process | None
        if type(dest) is Pid:
            p = dest.process
        elif isinstance(dest, Alias):
            self.deliver_to_alias(dest, message)
            return
        else:
            p = self.names.holders.get(dest)
        if p is None:
            return
        if type(message) is timers.Errand:
            message.fn()
        else:
            self.deliver(p, message)

    def forget_timer(self, timer: Timer) -> None:
        """Drop what a fired or cancelled `send_after` holds."""
        if type(timer.dest) is Pid and timer.dest.process is not None:
            timer.dest.process.rare.timers.pop(timer, None)
        timer.dest = timer.message = None

    # --- signals under way: here there are none, `simulated` has some

    def catch_up(self, p: Process) -> None:
        """Called before `p` is looked at: what the caller has sent to it must be there."""

    def forget(self, p: Process, what: Any) -> None:
        """Called when `p` has unlinked the Pid, or demonitored the Ref, `what`."""

    # --- exit signals

    def signal_exit(self, p: Process, sender: Any, reason: Any, from_link: bool) -> None:
        """Handle an exit signal that reaches `p`."""
        if p.state == native.DEAD:
            return
        if not from_link and type(reason) is str and reason == "kill":
            self.kill(p)
        elif p.trap and not p.exiting:
            self.deliver(p, signals.new_exit(sender, reason))
        elif not (type(reason) is str and reason == "normal"):
            self.begin_exit(p, reason)

    def begin_exit(self, p: Process, reason: Any) -> None:
        """Let `p` clean up and die of `reason`; the first reason counts."""
        if p.exiting or p.state == native.DEAD:
            return
        self.mark_exiting(p, reason)
        if p.adopted:
            p.task.cancel(ProcessExit(reason))
        else:
            self.interrupt(p, scheduler.EXIT)

    def mark_exiting(self, p: Process, reason: Any) -> None:
        """Fix the reason; from here on `p` counts as dead for those who ask."""
        p.exiting = True
        p.reason = reason
        p.awaiting = False
        if p.timer is not None:
            self.drop_timer(p)

    def exit_self(self, p: Process, reason: Any) -> Any:
        """Mark the running process; return the ProcessExit that its call raises."""
        if not p.exiting:
            self.mark_exiting(p, reason)
        return ProcessExit(p.reason)

    def kill(self, p: Process) -> None:
        """Close `p` by force at its next turn; nothing can stop that."""
        if p.killed or p.state == native.DEAD:
            return
        if not p.exiting:
            self.mark_exiting(p, "killed")
        p.killed = True
        if p.adopted:
            p.task.cancel(ProcessExit("killed"))
        elif p.state == native.WAITING:
            self.interrupt(p, ProcessExit("killed"))
        elif p.parked:
            self.put_back(p)

    def refuse(self, p: Process) -> Any:
        """Say what a wait of an exiting process raises; None when it must just stop."""
        rare = p.extras()
        rare.refusals += 1
        if p.killed or rare.refusals > _REFUSALS:
            # It swallows every exit: a wait that never ends lets it be closed.
            p.killed = True
            return None
        return ProcessExit(p.reason)

    def lingers(self, p: Process) -> None:
        """Give the clean-up of an exiting process its limit."""
        if p.killed:
            if p.state == native.WAITING:
                self.interrupt(p, ProcessExit(p.reason))
        elif p.timer is None:
            p.timer = timers.new_timer(p, None, None)
            self.set_timer(p.timer, self.cleanup_timeout)

    def close(self, p: Process) -> None:
        """Throw the coroutine of a killed process away, from inside that process."""
        p.state = native.RUNNING
        process.set_current(p)
        error = None
        if type(p.coroutine) is not tuple:
            self.enter_own(p)
            error = self.shut(p)
            # If it has ignored its close, dropping it closes it once more.
            p.let_go()
            self.leave_own(p)
        process.set_current(None)
        try:
            if error is not None:
                telling.report(p, error)
        finally:
            self.bury(p, p.reason)

    def shut(self, p: Process) -> Any:
        """Close the coroutine of `p`; return what it raised on its own account."""
        error = scheduler.exit_error(p)
        p.put_back()  # what has ended its wait is for none of those in its clean-up
        p.polling = False
        try:
            return closing.close(p.coroutine, error)
        finally:
            del error  # see `close`

    def leave_behind(self, p: Process) -> None:
        """Bury a killed process that swallows its exit for ever; its stack stays behind."""
        telling.report(p, RuntimeError("it swallows its exit and was left behind by force"))
        self.bury(p, p.reason)

    # --- death

    def ended(self, p: Process) -> None:
        """Bury a process whose function returned."""
        self.bury(p, p.reason if p.exiting else "normal")

    def raised(self, p: Process, error: Any) -> None:
        """Bury a process that raised."""
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            self.fatal = error
            if self.on_fatal is not None:
                # The program ends, in order: nobody bound to the process has failed.
                self.on_fatal(error)
                error = "shutdown"
            self.bury(p, p.reason if p.exiting else error)
            return
        reason = isolation.isolate_reason(exits.reason_of(error))
        try:
            if telling.tells(p, error, reason):
                # The two differ when a reason that could not be copied is the crash.
                telling.report(p, reason if isinstance(reason, BaseException) else error)
        finally:  # whoever reports may end the program
            self.bury(p, p.reason if p.exiting else reason)

    def bury(self, p: Process, reason: Any) -> None:
        """End `p`: take it out of everything, then tell those who are bound to it."""
        p.state = native.DEAD
        p.reason = reason
        p.let_go()
        if p.task is not None and not p.adopted:
            p.task.ended(reason)
            p.task = None
        p.context = None
        p.awaiting = False
        p.interrupt = p.waiter = p.matcher = None
        if p.timer is not None:
            self.drop_timer(p)
        if p.rare is not None:
            self.clear_rare(p)
        p.clear_mailbox()
        self.table[p.slot] = None
        if self.free_count < len(self.free):
            self.free[self.free_count] = p.slot
        else:
            self.free.append(p.slot)
        self.free_count += 1
        self.alive -= 1
        on_end = None
        pid = p.pid
        pid.process = None
        if p.links is not None:
            self.signal_links(p, pid, reason)
        if p.rare is not None:
            self.signal_watchers(p, pid, reason)
            on_end = p.rare.on_end
            p.rare = None
        if on_end is not None:
            on_end(reason)
        if isinstance(reason, BaseException):
            # Its traceback may hold a wait, which leads back here: no collector would see that.
            p.reason = None
        if self.emptied is not None and self.alive == len(self.adopted):
            self.emptied()
            self.emptied = None

    def clear_rare(self, p: Process) -> None:
        """Release the name, the timers and the aliases of a dying process."""
        rare = p.rare
        if rare.name is not None:
            self.names.release(p)
        rare.aliases = rare.dictionary = None
        if rare.timers is not None:
            for timer in rare.timers:
                self.timers.remove(timer)
            rare.timers = None
        relations.drop_monitors(p)
        if rare.senders is not None:
            overflow.release(rare)
        if rare.asking is not None:
            relations.end_request(rare.asking)

    def signal_links(self, p: Process, pid: Pid, reason: Any) -> None:
        """Send the exit signal to all links."""
        for peer in relations.peers(p):
            own = isolation.isolate_reason(reason)
            if relations.remove_link(p, peer):
                self.signal_exit(peer, pid, own, True)

    def signal_watchers(self, p: Process, pid: Pid, reason: Any) -> None:
        """Send the Down of each monitor."""
        for each in relations.take_watchers(p):
            monitor: Monitor = each
            shown = monitor.name or pid
            own = isolation.isolate_reason(reason)
            self.send_down(monitor.watcher, monitor.ref, shown, own, monitor.tag)
        for each in relations.take_requests(p):
            from_: From = each
            own = isolation.isolate_reason(reason)
            self.deliver(from_.pid.process, signals.new_down(from_, pid, own))

    def send_down(self, p: Process, ref: Ref, pid: Any, reason: Any, tag: Any) -> None:
        """Deliver one Down, or the tuple that a tag asks for; an alias may end with it."""
        relations.monitor_ended(p, ref)
        self.deliver(p, signals.told_down(ref, pid, reason, tag))

    # --- the whole

    def processes(self) -> list[Any]:
        """Return the living processes, oldest first."""
        living = [p for p in self.table if p is not None and not p.exiting]
        return sorted(living, key=_number)

    def behaviours(self) -> list[Any]:
        """Return those that have something to do when the program tells them to end."""
        found = [p for p in self.table if p is not None and process.ends_in_order(p)]
        return sorted(found, key=_number)

    def find(self, number: int, slot: int) -> Pid | None:
        """Return the Pid with that number if its process lives here."""
        if 0 <= slot < len(self.table):
            p: Process | None = self.table[slot]
            if p is not None and p.pid.id == number:
                return p.pid
        return None

    def abandon(self) -> None:
        """Drop every process: the loop is closed, and none will run again."""
        self.stopping = True
        self.taken.clear()
        self.clear_stacks()
        self.successor = None
        self.ready_head = self.ready_tail = self.armed = self.guard = None
        self.adopted.clear()
        self.names = Names()
        self.timers = TimerHeap()
        self.alive = self.free_count = 0
        left = [p for p in self.table if p is not None]
        self.table.clear()
        for each in left:
            self.abandon_process(each)
        for each in left:
            p: Process = each
            p.let_go()  # whose clean-up now runs

    def abandon_process(self, p: Process) -> None:
        """Take `p` out of everything without a word to anybody."""
        pid = p.pid
        pid.process = None
        p.state = native.DEAD
        p.exiting = True
        p.reason = "killed"
        if p.parked:
            stacks.LEFT.append(p.rare.stack)
        p.links = p.rare = p.next = p.timer = p.waiter = p.task = p.context = None
        p.clear_mailbox()

    def stop_all(self, emptied: Any) -> None:
        """Send every process its exit signal, the youngest first; call `emptied` at the end.

        The loop has its turns meanwhile, however many there are.
        """
        self.stopping = True
        if self.alive == len(self.adopted):
            emptied()
            return
        self.emptied = emptied
        self.stop_some(self.processes())

    def kill_all(self) -> None:
        """Kill every process, also those that clean up."""
        for p in [p for p in self.table if p is not None]:
            self.kill(p)

    def stop_some(self, left: list[Any]) -> None:
        """Send the last of `left` their exit signals, and the others at the next turn."""
        for _ in range(min(len(left), _STOPPED_AT_ONCE)):
            p: Process = left.pop()
            if not p.adopted:
                self.begin_exit(p, "shutdown")
        if left:
            self.loop.call_soon(self.stop_some, left)


def _number(p: Process) -> int:
    return p.pid.id
