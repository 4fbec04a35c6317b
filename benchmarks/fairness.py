"""Measures fairness: what endless loops and blocking code leave to the others.

    python benchmarks/fairness.py                          this interpreter, both event loops
    python benchmarks/fairness.py --python python3.13      one more; it must import aquavit
    python benchmarks/fairness.py --record                 keep the figures and the chart
    python benchmarks/fairness.py --check                  exit with 1 when a bar is missed

Four endless loops (two coroutines, two plain functions) and one time.sleep(3) run beside a
process and a callback of asyncio that tick every 10 ms; the loops' parts of the core are
compared, and killing all four is timed. Then: how often the event loop comes round under a
flood, a ring, a pair and 10,000 timers at once; what a plain function that waits weighs; and
what preemption costs a ping-pong. Every measurement is a fresh process of the operating
system, and the median of the rounds counts. The last line is the figure: the worst of all
interpreters and loops.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import record
import sides

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "fairness.png"
LOOPS = ("asyncio", "uvloop")
#: measurement -> its size: seconds, processes, or round trips
FULL = {"hogs": 6.0, "turns": 4.0, "plain": 10_000, "ping_pong": 200_000}
QUICK = {"hogs": 1.0, "turns": 0.5, "plain": 1_000, "ping_pong": 20_000}


@dataclass(frozen=True)
class Row:
    """A figure, how it is shown, and the bar that it must not pass."""

    work: str
    key: str
    title: str
    form: str
    unit: float = 1.0
    bar: float | None = None
    least: bool = False  # the bar is the least that is allowed, not the most

    def show(self, value: float) -> str:
        """Return the figure as a text."""
        return self.form.format(value * self.unit)

    def meets(self, value: float) -> bool:
        """Tell whether the bar is met."""
        if self.bar is None:
            return True
        return value >= self.bar if self.least else value <= self.bar


ROWS = (
    Row("hogs", "ticker", "ticker p99 late", "{:.1f} ms", 1e3, 0.030),
    Row("hogs", "call_later", "call_later p99 late", "{:.1f} ms", 1e3, 0.030),
    Row("hogs", "least_part", "smallest part of a loop", "{:.2f}", 1.0, 0.8, least=True),
    Row("hogs", "most_part", "largest part", "{:.2f}", 1.0, 1.25),
    Row("hogs", "kill", "four loops killed", "{:.2f} ms", 1e3, 0.200),
    Row("turns", "gap_p99", "loop's turn, p99", "{:.1f} ms", 1e3, 0.010),
    Row("turns", "gap_worst", "loop's turn, worst", "{:.1f} ms", 1e3, 0.020),
    Row("plain", "bytes", "a plain function", "{:,.0f} bytes"),
    Row("ping_pong", "ratio", "ping-pong, on against off", "{:.3f}", 1.0, 1.03),
)
#: (interpreter, loop) -> key -> figure
Table = dict[tuple[str, str], dict[str, float]]


def ask(python: str, work: str, loop: str, size: float) -> dict[str, Any]:
    """Measure in a fresh process."""
    return sides.ask([python, str(sides.HERE / "fairness_aquavit.py")], work, loop, str(size))


def version_of(python: str) -> str:
    """Return the version of an interpreter as people say it."""
    code = "import json, platform; print(json.dumps({'version': platform.python_version()}))"
    return str(sides.ask([python, "-c", code])["version"])


def collect(pythons: list[str], loops: list[str], sizes: dict[str, float], rounds: int) -> Table:
    """Measure everything on every interpreter and loop, in turns."""
    samples: dict[tuple[str, str], list[dict[str, float]]] = {}
    versions = {python: version_of(python) for python in pythons}
    for _ in range(rounds):
        for python in pythons:
            for loop in loops:
                found: dict[str, float] = {}
                for work, size in sizes.items():
                    found |= ask(python, work, loop, size)
                samples.setdefault((versions[python], loop), []).append(found)
    return {place: median(found) for place, found in samples.items()}


def median(samples: list[dict[str, float]]) -> dict[str, float]:
    """Return the median of each figure."""
    return {row.key: statistics.median(one[row.key] for one in samples) for row in ROWS}


def worst(table: Table) -> dict[str, float]:
    """Return the worst of each figure over interpreters and loops."""
    found = {}
    for row in ROWS:
        values = [one[row.key] for one in table.values()]
        found[row.key] = min(values) if row.least else max(values)
    return found


def rows(table: Table) -> list[list[str]]:
    """Return the table's rows as texts."""
    found = []
    for row in ROWS:
        bar = "-" if row.bar is None else ("≥ " if row.least else "≤ ") + row.show(row.bar)
        found.append([row.title, *(row.show(one[row.key]) for one in table.values()), bar])
    return found


def header(table: Table) -> list[str]:
    """Return the names of the table's columns."""
    return ["", *(f"{version}, {loop}" for version, loop in table), "bar"]


def missed(table: Table) -> list[str]:
    """Return the bars that are missed, in words."""
    return [
        f"{row.title} on {version}, {loop}: {row.show(one[row.key])}"
        for (version, loop), one in table.items()
        for row in ROWS
        if not row.meets(one[row.key])
    ]


def verdict(table: Table) -> str:
    """Return the last line: the worst of all interpreters and loops."""
    found = {
        row.key: row.show(value) for row, value in zip(ROWS, worst(table).values(), strict=True)
    }
    cost = worst(table)["ratio"] - 1
    return (
        f"fairness: among 4 endless loops and a time.sleep(3), a 10 ms ticker is {found['ticker']}"
        f" late (p99), call_later {found['call_later']}; each loop has {found['least_part']} to"
        f" {found['most_part']} of its quarter; all four killed in {found['kill']}; the loop's"
        f" turn at least every {found['gap_worst']} under load; {found['bytes']} for a plain"
        f" function that waits; ping-pong {cost:+.1%}; {len(missed(table))} bars missed"
    )


def show(lines: list[list[str]]) -> None:
    """Print the table."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        print("  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)))


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", action="append", default=[], help="one more interpreter")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, one round")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw the chart")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is missed")
    record.add_option(parser)
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds: expected at least 1")
    for name in options.python:
        if not shutil.which(name):
            parser.error(f"--python: expected an interpreter, found no {name}")
    return options


def main() -> int:
    """Measure, print, and return the exit status."""
    options = arguments()
    loops = [loop for loop in LOOPS if importlib.util.find_spec(loop)]
    sizes, rounds = (QUICK, 1) if options.quick else (FULL, options.rounds)
    try:
        table = collect([sys.executable, *options.python], loops, sizes, rounds)
        picture = options.plot or (PICTURE if options.record else None)
        if picture:
            import fairness_chart

            fairness_chart.draw(ask(sys.executable, "bursts", "asyncio", 6.0), picture)
    except sides.SideError as problem:
        raise SystemExit(f"fairness: {problem}") from None
    lines, line = rows(table), verdict(table)
    show([header(table), *lines])
    for each in missed(table):
        print(f"missed: {each}")
    if options.record:
        record.keep(
            "fairness", "Fairness: endless loops, blocking code, and a ticker among them",
            line, header=header(table), rows=lines, picture=PICTURE.name,
            notes=[
                f"Medians of {rounds} rounds. A part of 1 is a quarter of what the four loops have"
                " together.",
                "The picture: four processes that compute for 0.1 s and then give way, and a"
                " time.sleep(0.5) in the middle.",
            ],
        )  # fmt: skip
    print(line)
    return 1 if options.check and missed(table) else 0


if __name__ == "__main__":
    sys.exit(main())
