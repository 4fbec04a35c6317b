"""R10: a mailbox with a million messages that nobody reads.

    python -m tests.reliability.r10_overload                       1,000,000 messages
    python -m tests.reliability.r10_overload --messages 10000000   4 GB

Measured are the bytes for a message, questions answered by a fresh ref behind them all, as
many times dearer as with an empty mailbox, and the time to read everything, in order. The
last line is the figure.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import aquavit
from aquavit import Pid, make_ref, process_info, receive, self, send, sleep, spawn
from benchmarks import memory, record

#: Questions of one measurement, and measurements of which the least counts: other programs
#: can only add to it.
_QUESTIONS, _TIMES = 500, 400
#: What may be: bytes of a message, and how many times dearer a question is.
BYTES, DEARER = 400.0, 2.0


async def _answerer() -> None:
    while True:
        caller, ref = await receive()
        send(caller, (ref, "answer"))


async def _ask(partner: Pid[Any]) -> float:
    """Return the seconds of the processor that a question takes."""
    me, found = self(), []
    for _ in range(_TIMES):
        started = time.thread_time()
        for _ in range(_QUESTIONS):
            ref = make_ref()
            send(partner, (me, ref))
            await receive((ref, ...))
        found.append((time.thread_time() - started) / _QUESTIONS)
    return min(found)


async def _slow(observer: Pid[Any], count: int) -> None:
    """Ask with an empty mailbox, let it fill, ask again, then read it all."""
    partner = spawn(_answerer)
    await _ask(partner)  # warms up
    empty = await _ask(partner)
    send(observer, "fill")
    await receive("filled")
    full = await _ask(partner)
    started = time.perf_counter()
    for number in range(count):
        assert await receive() == ("message", number)
    send(observer, ("read", empty, full, time.perf_counter() - started))
    aquavit.kill(partner)


async def overload(count: int) -> dict[str, float]:
    """Return the figures of a mailbox with `count` messages."""
    pid = spawn(_slow, self(), count)
    await receive("fill")
    before, started = memory.resident(), time.perf_counter()
    for number in range(count):
        send(pid, ("message", number))
    filled, resident = time.perf_counter() - started, memory.resident() - before
    held = 0
    info = process_info(pid)
    if info is not None:
        held = info.message_count
    del info
    assert held == count, held
    send(pid, "filled")
    await sleep(0)
    _, empty, full, read = await receive(("read", ..., ..., ...), timeout=600.0)
    return {"fill": filled, "bytes": resident / count, "dearer": full / empty, "read": read}


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=1_000_000)
    record.add_option(parser)
    options = parser.parse_args()
    figures = aquavit.run(overload, options.messages)
    line = (
        f"R10: {options.messages:,} messages in one mailbox: {figures['bytes']:.0f} bytes each,"
        f" filled in {figures['fill']:.2f} s, read in {figures['read']:.2f} s,"
        f" a question by a fresh ref {figures['dearer']:.2f} x that with none"
    )
    print(line)
    if options.record:
        record.keep("r10", "R10: a mailbox that nobody reads", line, __spec__.name)
    return 1 if figures["bytes"] > BYTES or figures["dearer"] > DEARER else 0


if __name__ == "__main__":
    sys.exit(main())
