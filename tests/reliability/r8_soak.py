"""R8: hours of load: memory, the loop's lag and the rates, as they are and as a picture.

    python -m tests.reliability.r8_soak                               60 seconds
    python -m tests.reliability.r8_soak --seconds 3600 --idle 100000  an hour among 100,000
    python -m tests.reliability.r8_soak --plot soak.png

Idle processes with timers live throughout. Among them messages go round (the shapes of
`load`), servers under a supervisor are called and killed, and processes come, link, set
timers and go. A line tells how it goes every second; the last line is the figure. The slope of
memory is that of a straight line through all samples after the first quarter.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import statistics
import sys
import time
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aquavit
from aquavit import (
    ChildSpec,
    DynamicSupervisor,
    GenServer,
    Pid,
    kill,
    processes,
    receive,
    self,
    send_after,
    share,
    sleep,
    spawn,
    spawn_link,
    trap_exit,
)
from benchmarks import memory, record
from tests.reliability.load import Counted, rest

#: Seconds between two beats of the loop; a beat that is late by so much is lag.
_BEAT = 0.01
PICTURE = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "soak.png"


@dataclass
class Soak:
    """What is counted and measured."""

    end: float
    counted: Counted = field(default_factory=Counted)
    calls: int = 0
    born: int = 0
    killed: int = 0
    lags: list[float] = field(default_factory=list)
    #: How often the loop was late by so many tenths of a millisecond: it does not grow.
    all_lags: Counter[int] = field(default_factory=Counter)
    kept: array[float] = field(default_factory=lambda: array("d"))

    @property
    def samples(self) -> list[tuple[float, ...]]:
        """The samples, each (seconds, bytes, messages a second, lag p99)."""
        return list(zip(*[iter(self.kept)] * 4, strict=True))

    @property
    def over(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self.end


class Echo(GenServer):
    """A server that replies."""

    def init(self) -> None:
        self.count = 0

    def handle_call(self, request: Any, from_: Any) -> Any:
        self.count += 1
        return request


_ECHO = ChildSpec("echo", (Echo.start_link,), restart="temporary")


async def _idle() -> None:
    send_after(self(), "never", 1e6)
    await receive("never")


async def _ring(soak: Soak, size: int) -> None:
    """Send rounds of messages through a pair of neighbours until the time is over."""

    async def answerer() -> None:
        while True:
            caller, payload = await receive()
            soak.counted.received += 1
            soak.counted.sent += 1
            aquavit.send(caller, payload)

    partner = spawn(answerer)
    while not soak.over:
        for number in range(size):
            soak.counted.sent += 1
            aquavit.send(partner, (self(), [number]))
        for _ in range(size):
            await receive([...])
            soak.counted.received += 1
        await sleep(0.001)
    kill(partner)


async def _client(soak: Soak, top: Pid[Any]) -> None:
    """Call servers that are started, called and killed."""
    while not soak.over:
        server = await DynamicSupervisor.start_child(top, _ECHO)
        for number in range(20):
            assert await GenServer.call(server, ("echo", number)) == ("echo", number)
            soak.calls += 1
        if soak.calls % 3:
            await DynamicSupervisor.terminate_child(top, server)
        else:
            kill(server)
            soak.killed += 1
        await sleep(0.01)


async def _births(soak: Soak) -> None:
    """Spawn, link, set timers, and see each one end."""
    trap_exit(True)

    async def short() -> None:
        send_after(self(), "now", 0.001)
        send_after(self(), "never", 1000)
        await receive("now")

    while not soak.over:
        for _ in range(50):
            spawn_link(short)
        for _ in range(50):
            await receive(aquavit.Exit)
            soak.born += 1
        await sleep(0.01)


async def _beats(soak: Soak) -> None:
    """Measure how late the event loop is."""
    loop = asyncio.get_running_loop()
    while not soak.over:
        started = time.perf_counter()
        await asyncio.wait([loop.create_future()], timeout=_BEAT)
        soak.lags.append(max(0.0, time.perf_counter() - started - _BEAT))


async def _watch(soak: Soak, seconds: float, quiet: bool) -> None:
    """Take a sample every second, and tell it."""
    started, before = time.monotonic(), 0
    step = min(1.0, seconds / 8)
    while not soak.over:
        await sleep(step)
        lag = p99(soak.lags)
        soak.all_lags.update(round(each * 1e4) for each in soak.lags)
        soak.lags.clear()
        rate, before = (soak.counted.received - before) / step, soak.counted.received
        now = time.monotonic() - started
        resident = memory.resident()
        soak.kept.extend((now, resident, rate, lag))
        if not quiet:
            text = (
                f"{now:6.0f} s  {resident / 1e6:8.1f} MB  {rate:9,.0f} messages/s"
                f"  lag p99 {lag * 1e3:6.1f} ms  {soak.born:,} born  {soak.calls:,} calls"
            )
            end = "" if sys.stdout.isatty() else "\n"
            print(f"\r\x1b[K{text}" if not end else text, end=end, flush=True)


def p99(values: Sequence[float]) -> float:
    """Return the 99th percentile, 0 of nothing."""
    return sorted(values)[int(0.99 * len(values))] if values else 0.0


async def soak_for(seconds: float, idle: int, quiet: bool = False) -> Soak:
    """Load the runtime for so long, let it come to rest, and return what was counted."""
    for _ in range(idle):
        spawn(_idle)
    top = await DynamicSupervisor.start_link(max_restarts=10**9)
    soak = Soak(time.monotonic() + seconds)
    shared = share(soak)
    jobs = [
        *(spawn(_ring, shared, size) for size in (1, 10, 100)),
        spawn(_client, shared, top),
        spawn(_births, shared),
        spawn(_beats, shared),
        spawn(_watch, shared, seconds, quiet),
    ]
    refs = {aquavit.monitor(job) for job in jobs}
    while refs:
        down = await receive(aquavit.Down)
        refs.discard(down.ref)
        assert down.reason == "normal", down
    await rest()
    await DynamicSupervisor.stop(top)
    left = len(processes()) - 1 - idle
    assert left == 0, f"{left} processes are left"
    return soak


def slope(soak: Soak) -> float:
    """Return by what share of itself memory grows in an hour."""
    samples = soak.samples
    rest_of = samples[len(samples) // 4 :]
    times, sizes = [each[0] for each in rest_of], [each[1] for each in rest_of]
    return statistics.linear_regression(times, sizes).slope * 3600 / statistics.mean(sizes)


def draw(soak: Soak, path: Path) -> None:
    """Write the picture: memory, rate and lag over time."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(3, 1, figsize=(9, 6), dpi=140, sharex=True)
    times = [each[0] for each in soak.samples]
    for place, column, unit, title in (
        (axes[0], 1, 1e-6, "resident memory, MB"),
        (axes[1], 2, 1e-3, "messages, thousands a second"),
        (axes[2], 3, 1e3, "lag of the event loop, p99 of each second, ms"),
    ):
        values = [each[column] * unit for each in soak.samples]
        place.plot(times, values, color="#0e7c86", lw=1.3)
        place.set_title(title, loc="left", fontsize=9)
        place.set_ylim(0, 1.1 * max(values))
        place.grid(color="#e4e7eb")
        for spine in place.spines.values():
            spine.set_visible(False)
    axes[2].set_xlabel("seconds")
    figure.tight_layout()
    figure.savefig(path, facecolor="white")
    plt.close(figure)


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--idle", type=int, default=100_000, help="processes that only wait")
    parser.add_argument("--plot", type=Path, metavar="FILE.png")
    record.add_option(parser)
    options = parser.parse_args()
    logging.getLogger("aquavit").setLevel(logging.CRITICAL)  # not each kill
    soak = aquavit.run(soak_for, options.seconds, options.idle)
    picture = options.plot or (PICTURE if options.record else None)
    if picture:
        draw(soak, picture)
    counted, lags = soak.counted, sorted(soak.all_lags.elements())
    line = (
        f"R8: {options.seconds:.0f} s among {options.idle:,} idle: {counted.sent:,} messages"
        f" ({counted.sent - counted.received} lost), {soak.calls:,} calls, {soak.born:,} born,"
        f" memory {slope(soak):+.1%} an hour, lag p99 {p99(lags) / 10:.1f} ms,"
        f" worst {lags[-1] / 10:.0f} ms"
    )
    print(f"\n{line}")
    if options.record:
        record.keep(
            "r8_soak", "R8: a soak", line, __spec__.name, picture=PICTURE.name,
            notes=["The slope of a short run says little: a few pages more are much in an hour."],
        )  # fmt: skip
    return 0 if counted.balances() else 1


if __name__ == "__main__":
    sys.exit(main())
