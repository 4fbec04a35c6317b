"""R9: what an idle process weighs, and that a million births and deaths leave nothing.

    python -m tests.reliability.r9_memory                       1,000,000 births and deaths
    python -m tests.reliability.r9_memory --cycles 100000000

Processes are spawned a thousand at a time, linked, each with a timer and a message that it
does not take; then they end. A tenth of that warms up. Before and after them is measured what
an idle process weighs: with its coroutine, its mailbox and its place in the process table. The
last line is the figure.
"""

from __future__ import annotations

import argparse
import sys

import aquavit
from aquavit import Down, exit, monitor, receive, self, send, send_after, sleep, spawn, spawn_link
from benchmarks import memory, record

#: What may be: bytes of an idle process, and by what share memory is more at the end.
BYTES, MORE = 2_768.0, 0.05
_BATCH = 1_000


async def _short() -> None:
    send_after(self(), "never", 1e6)
    send(self(), "unread")
    await receive("now")


async def _parent() -> None:
    for _ in range(_BATCH - 1):
        spawn_link(_short)
    await receive("end")


async def _live_and_die(count: int) -> None:
    """Let `count` processes live; half of the batches end by an exit, half by a kill."""
    for number in range(max(1, count // _BATCH)):
        pid = spawn(_parent)
        ref = monitor(pid)
        await sleep(0)
        await sleep(0)
        exit(pid, ("kill", "over")[number % 2])
        await receive(Down(ref, ..., ...))
        while len(aquavit.processes()) > 1:
            await sleep(0)


async def _weigh(count: int) -> float:
    """Return the bytes of one of `count` idle processes."""
    before = memory.resident()
    pids = [spawn(receive_one) for _ in range(count)]
    await sleep(0)
    bytes_each = (memory.resident() - before) / count
    for pid in pids:
        exit(pid, "kill")
    while len(aquavit.processes()) > 1:
        await sleep(0)
    return bytes_each


async def receive_one() -> None:
    """Wait for a message."""
    await receive()


async def measure(cycles: int, idle: int) -> dict[str, float]:
    """Return bytes of an idle process, and how much more memory there is after the cycles."""
    weight = await _weigh(idle)
    await _live_and_die(cycles // 10)
    before = memory.resident()
    await _live_and_die(cycles)
    return {"bytes": weight, "more": memory.resident() / before - 1}


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cycles", type=int, default=1_000_000)
    parser.add_argument("--idle", type=int, default=100_000)
    record.add_option(parser)
    options = parser.parse_args()
    found = aquavit.run(measure, options.cycles, options.idle)
    line = (
        f"R9: {found['bytes']:.0f} bytes for an idle process; {options.cycles:,} births and deaths"
        f" leave {found['more']:+.1%} of memory"
    )
    print(line)
    if options.record:
        record.keep("r9", "R9: memory of processes that live and of those that died",
                    line, __spec__.name)  # fmt: skip
    return 1 if found["bytes"] > BYTES or found["more"] > MORE else 0


if __name__ == "__main__":
    sys.exit(main())
