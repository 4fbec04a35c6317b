"""While a simulation runs: virtual clocks, and nothing that reaches out of the program.

`time.time`, `time.monotonic` and their like give the virtual time to whoever calls them
through the module `time`, and what the system gives as chance (`os.urandom`, so `uuid` and
`secrets` too) comes from the seed. Threads, sleeping, sockets and subprocesses raise
`SimulationError`, which also ends the simulation: a process may have swallowed it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import random
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from typing import Any

from aquavit.core import ids
from aquavit.core.hooks import HOOKS
from aquavit.tools.testing.simulated_loop import SimulatedLoop, SimulationError

__all__ = ["ACTIVE", "sealed"]

#: What `time.time()` gives at the virtual time 0: a round number of seconds.
_EPOCH = 1_700_000_000.0
_CLOCKS = {"time": _EPOCH, "monotonic": 0.0, "perf_counter": 0.0}
_REFUSED: tuple[tuple[Any, str, str, str], ...] = (
    (time, "sleep", "time.sleep", "use aquavit.sleep, which takes virtual time"),
    (threading.Thread, "start", "a thread", "use a process of this package"),
    (socket.socket, "connect", "a connection", "put a process in its place"),
    (socket.socket, "bind", "a server socket", "put a process in its place"),
    (socket.socket, "sendto", "a datagram", "put a process in its place"),
    (socket, "getaddrinfo", "a look-up of a host", "put a process in its place"),
    (socket, "gethostbyname", "a look-up of a host", "put a process in its place"),
    (subprocess.Popen, "__init__", "a subprocess", "put a process in its place"),
    (os, "system", "a subprocess", "put a process in its place"),
    (os, "fork", "a subprocess", "put a process in its place"),
    (os, "posix_spawn", "a subprocess", "put a process in its place"),
)
#: Where chance comes from that `random.seed` does not decide.
_CHANCE: tuple[tuple[Any, str], ...] = ((os, "urandom"), (random, "_urandom"))


class _Active:
    """The loop of the simulation that runs, if there is one."""

    loop: SimulatedLoop | None = None


ACTIVE = _Active()


@contextlib.contextmanager
def sealed() -> Iterator[None]:
    """Keep the real world out; at the end everything is as it was before."""
    refused = [each for each in _REFUSED if hasattr(each[0], each[1])]  # not all systems fork
    before = [(owner, name, getattr(owner, name)) for owner, name, _, _ in refused]
    before += [(owner, name, getattr(owner, name)) for owner, name in _CHANCE]
    before += [(time, name, getattr(time, name)) for name in _CLOCKS]
    before += [(time, f"{name}_ns", getattr(time, f"{name}_ns")) for name in _CLOCKS]
    state, logger, reporter = random.getstate(), logging.getLogger("aquavit"), HOOKS.crash_reporter
    counters = ids.counters()
    disabled = logger.disabled
    logger.disabled = True  # a trace tells what has happened
    for owner, name, what, instead in refused:
        setattr(owner, name, _refusal(what, instead))
    for owner, name in _CHANCE:
        setattr(owner, name, random.randbytes)
    for name, start in _CLOCKS.items():
        setattr(time, name, _clock(start))
        setattr(time, f"{name}_ns", _clock_in_nanoseconds(start))
    try:
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)
        random.setstate(state)
        logger.disabled, HOOKS.crash_reporter = disabled, reporter
        ids.set_counters(*counters)


def _clock(start: float) -> Any:
    return lambda: start + _virtual()


def _clock_in_nanoseconds(start: float) -> Any:
    return lambda: int((start + _virtual()) * 1e9)


def _virtual() -> float:
    return 0.0 if ACTIVE.loop is None else ACTIVE.loop.time()


def _refusal(what: str, instead: str) -> Any:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        text = f"simulation: expected none of the real world, got {what}\n{instead}"
        error = SimulationError(text)
        if ACTIVE.loop is not None:
            ACTIVE.loop.fail(error)
        raise error

    return refuse
