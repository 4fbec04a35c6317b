"""Runs the same work on several Pythons: what a newer one costs, or gains.

    python benchmarks/versions.py .venv-3.13/bin/python             beside this one
    python benchmarks/versions.py "3.13 of Debian=/usr/bin/python3.13" --rounds 9

Each Python must have aquavit installed; the one that runs this is what the others are compared
with, unless --base names another. They take turns, round by round, so that what slows the
machine down for a while slows all of them: the figure is the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
from dataclasses import dataclass

import record
import sides

#: A workload, the figure that is taken from it, and how often its operation is done.
WORK = {
    "ping-pong": ("ping_pong", "seconds", 200_000),
    "ping-pong, with patterns": ("ping_pong_patterns", "seconds", 100_000),
    "ring of 10,000": ("ring", "seconds", 400_000),
    "spawn and message back": ("spawn", "seconds", 100_000),
    "flood": ("flood", "seconds", 400_000),
    "GenServer call": ("genserver", "seconds", 100_000),
}
BAR = 1.3
Seconds = dict[str, dict[str, list[float]]]


@dataclass(frozen=True)
class Place:
    """A Python that has aquavit: how it is named, and started."""

    name: str
    python: str

    def measure(self, workload: str, metric: str, count: int) -> float:
        """Return the seconds for one operation, in a fresh process."""
        script = str(sides.HERE / "workloads_aquavit.py")
        return sides.ask([self.python, script], workload, str(count))[metric]


def main() -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("pythons", nargs="+", metavar="[NAME=]PYTHON", help="an interpreter that has aquavit")
    add("--base", metavar="[NAME=]PYTHON", help="compare with this one")
    add("--rounds", type=int, default=7, help="7")
    record.add_option(parser)
    options = parser.parse_args()
    try:
        base, *others = places = [
            place(text) for text in [options.base or sys.executable, *options.pythons]
        ]
        seconds = measure(places, options.rounds)
    except sides.SideError as problem:
        raise SystemExit(f"versions: {problem}") from None
    rows = [
        [
            work,
            f"{statistics.median(seconds[work][base.name]) * 1e9:,.0f} ns",
            *(ratio(seconds[work], base, other) for other in others),
        ]
        for work in WORK
    ]
    header = ["the work", base.name, *(f"{other.name}: time" for other in others)]
    for cells in (header, *rows):
        print(f"{cells[0]:<26}" + "".join(f"{cell:>26}" for cell in cells[1:]))
    last = line(seconds, base, others)
    print(f"\n{last}")
    if options.record:
        record.keep(
            "versions", "What another Python costs", last, header=header, rows=rows,
            notes=[
                f"Medians of {options.rounds} rounds, and the least and the greatest ratio: the"
                f" time of an operation over that with {base.name}."
            ],
        )  # fmt: skip
    return 0


def place(text: str) -> Place:
    """Return what a `[NAME=]PYTHON` stands for."""
    name, _, python = text.rpartition("=")
    if shutil.which(python) is None:
        raise sides.SideError(f"expected a Python that has aquavit, got {python!r}: not found")
    told = sides.ask([python, "-c", _DESCRIBE])
    if not told["compiled"]:
        print(f"the core of aquavit is not compiled for {python}", file=sys.stderr)
    return Place(name or str(told["version"]), python)


_DESCRIBE = (
    "import json, platform, aquavit;"
    "print(json.dumps({'version': platform.python_version(), 'compiled': aquavit.COMPILED}))"
)


def measure(places: list[Place], rounds: int) -> Seconds:
    """Run everything everywhere, round by round."""
    seconds: Seconds = {work: {one.name: [] for one in places} for work in WORK}
    turns = [(n, work, one) for n in range(rounds) for work in WORK for one in places]
    for done, (_, work, one) in enumerate(turns):
        if sys.stderr.isatty():
            text = f"{done}/{len(turns)}  {work}, {one.name}"
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
        seconds[work][one.name].append(one.measure(*WORK[work]))
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    return seconds


def ratios(of: dict[str, list[float]], base: Place, other: Place) -> list[float]:
    """Return how many times the base's time the other takes, round by round."""
    return [b / a for a, b in zip(of[base.name], of[other.name], strict=True)]


def ratio(of: dict[str, list[float]], base: Place, other: Place) -> str:
    """Return the median and the spread as text."""
    found = ratios(of, base, other)
    return f"{statistics.median(found):.2f} ({min(found):.2f}..{max(found):.2f})"


def line(seconds: Seconds, base: Place, others: list[Place]) -> str:
    """Return the last line."""
    parts = []
    for other in others:
        medians = [statistics.median(ratios(seconds[work], base, other)) for work in WORK]
        above = sum(median > BAR for median in medians)
        parts.append(
            f"{other.name} {min(medians):.2f} to {max(medians):.2f} x, {above} above {BAR}"
        )
    return f"versions: the time beside {base.name}: " + "; ".join(parts)


if __name__ == "__main__":
    sys.exit(main())
