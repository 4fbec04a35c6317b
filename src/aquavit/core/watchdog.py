"""The watchdog in plain Python, for the interpreted build.

The compiled build takes the same names from `watchdog.h` through `watchdog.pxd`: a native
thread that needs no GIL. This one is a thread of Python's; it needs the GIL to look, which
the interpreter gives it every few milliseconds.

A Watch is told when a turn of the scheduler begins and ends, when a step begins, and when
the event loop has come round. Where one step lasts longer than `slice`, or the loop has
not come round for `patience` seconds, it sends SIGURG to the thread that it watches.

Erlang: none; the emulator counts reductions.
"""

from __future__ import annotations

import signal
import threading
import time

__all__ = ["Watch"]

_SLOW = 0.02
_AWAKE = 40


class Watch:
    """What the watchdog and the thread that it watches tell each other."""

    def __init__(self) -> None:
        self.running: _Thread | None = None
        self.active = self.overdue = False
        self.turn = self.step = self.suspect = 0
        self.since = self.beaten = 0.0
        self.slice = self.patience = 0.0


class _Thread(threading.Thread):
    def __init__(self, watch: Watch) -> None:
        super().__init__(name="aquavit-watchdog", daemon=True)
        self.watch = watch
        self.target = threading.get_ident()
        self.wake = threading.Event()
        self.slow = self.ended = False
        self.signalled = 0.0

    def run(self) -> None:
        tick = min(self.watch.slice / 4, 0.0025)
        turn = quiet = 0
        watch = self.watch
        watch.beaten = time.monotonic()
        while not self.ended:
            self.slow = quiet > _AWAKE
            if self.slow:
                self.wake.wait(_SLOW)
                self.wake.clear()
            else:
                time.sleep(tick)
            now = time.monotonic()
            same_turn, turn = watch.turn == turn, watch.turn
            if watch.active:
                quiet = 0
                watch.overdue = watch.overdue or same_turn
                self.look(watch, now, tick)
            else:
                quiet = quiet + 1 if same_turn else 0
                if now - watch.beaten >= watch.patience:
                    self.alarm(now, 0.02)

    def look(self, watch: Watch, now: float, tick: float) -> None:
        """See whether the step is still the same one."""
        if watch.suspect != watch.step:
            watch.since, watch.suspect = now, watch.step
        elif now - watch.since >= watch.slice - 1.5 * tick:
            self.alarm(now, tick if now - watch.since < 0.1 else 4 * tick)

    def alarm(self, now: float, pause: float) -> None:
        """Send the signal, unless that was done less than `pause` ago."""
        if now - self.signalled >= pause and not self.ended:
            self.signalled = now
            signal.pthread_kill(self.target, signal.SIGURG)


def new() -> Watch:
    """Return the Watch of the program."""
    return Watch()


def start(watch: Watch, slice: float, patience: float) -> bool:
    """Watch the calling thread; return whether there is a watchdog now."""
    stop(watch)
    if not hasattr(signal, "pthread_kill"):
        return False
    watch.slice, watch.patience = slice, patience
    watch.active = watch.overdue = False
    watch.running = _Thread(watch)
    watch.running.start()
    return True


def stop(watch: Watch) -> None:
    """Watch no longer."""
    if watch.running is not None:
        thread, watch.running = watch.running, None
        thread.ended = True
        thread.wake.set()
        thread.join()


def turn(watch: Watch, begins: bool) -> None:
    """Say that a turn of the scheduler begins, or is over."""
    if not begins:
        watch.active = False
        watch.beaten = time.monotonic()  # the loop goes on
        return
    watch.overdue = False
    watch.step += 1
    watch.active = True
    watch.turn += 1
    if watch.running is not None and watch.running.slow:
        watch.running.wake.set()


def step(watch: Watch) -> None:
    """Say that a step begins."""
    watch.step += 1


def beat(watch: Watch) -> None:
    """Say that the event loop has come round."""
    watch.beaten = time.monotonic()


def overdue(watch: Watch) -> bool:
    """Tell, once for each tick, that the turn lasts longer."""
    overdue, watch.overdue = watch.overdue, False
    return overdue


def held(watch: Watch) -> float:
    """Return the seconds that the present step has lasted at least; 0 for a fresh one."""
    if watch.running is None or not watch.active or watch.suspect != watch.step:
        return 0.0
    return time.monotonic() - watch.since


def silent(watch: Watch) -> float:
    """Return the seconds since the loop has come round when that is too long, else 0."""
    seconds = time.monotonic() - watch.beaten
    if watch.running is None or watch.active or seconds < watch.patience:
        return 0.0
    return seconds


def rest(watch: Watch) -> None:
    """Expect no beat before the next one: the loop does not run."""
    watch.beaten = float("inf")


def again(watch: Watch) -> None:
    """Do nothing: only C can have its handler called between two bytecodes."""


def between() -> bool:
    """Tell whether the handler runs between two bytecodes: here, as if."""
    return True


def traced() -> bool:
    """Tell whether a trace function runs: here nobody knows."""
    return False
