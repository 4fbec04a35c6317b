"""Measures what many processes cost, from 1,000 to 1,000,000 alive at once.

    python benchmarks/scale.py                     here and on the BEAM; some minutes, 6 GB
    python benchmarks/scale.py --to 100000         no more than that many
    python benchmarks/scale.py --record            keep the figures and the chart

They are linked in a tree, ten below each, with a timer pending for each. Measured are: to
spawn them until each has said so, resident memory, one question to all until all have
answered, and to end them through their links until each is known to be down; and the pauses
of the garbage collector. The sides take turns. Every measurement is a fresh process of the
operating system, nothing is warmed up. The last line is the figure.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

import record
import sides

Figures = dict[str, float]
#: side -> number of processes -> the median of the rounds
Table = dict[str, dict[int, Figures]]

SIZES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
PICTURE = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "scale.png"
HEADER = ("processes", "side", "spawn", "a process", "round", "die", "pause p99", "worst", "full")


def command(side: str) -> list[str]:
    """Return what starts a side."""
    if side == "beam":
        flags = f"{sides.ONE_SCHEDULER} +P 4000000"
        return ["elixir", "--erl", flags, str(sides.HERE / "scale.exs")]
    return [sys.executable, str(sides.HERE / "scale_aquavit.py")]


def collect(sizes: list[int], wanted: list[str], rounds: int) -> Table:
    """Measure every size on every side, in turns."""
    samples: dict[str, dict[int, list[Figures]]] = {side: {} for side in wanted}
    for _ in range(rounds):
        for size in sizes:
            for side in wanted:
                figures = sides.ask(command(side), str(size))
                samples[side].setdefault(size, []).append(figures)
    return {
        side: {size: median(found) for size, found in by_size.items()}
        for side, by_size in samples.items()
    }


def median(samples: list[Figures]) -> Figures:
    """Return the median of each figure; of the pauses the worst of all."""
    found = {key: statistics.median(one[key] for one in samples) for key in samples[0]}
    worst = {key: max(one[key] for one in samples) for key in found if "pause" in key}
    return found | worst


def rows(table: Table) -> list[list[str]]:
    """Return the table's rows as texts."""
    found = []
    for size in next(iter(table.values())):
        for side, by_size in table.items():
            one = by_size[size]
            texts = [f"{size:,}", "the BEAM" if side == "beam" else side]
            texts += [milliseconds(one["spawn"]), f"{one['bytes']:,.0f} bytes"]
            texts += [milliseconds(one[key]) for key in ("round", "die")]
            pauses = ("pause_p99", "pause_worst", "full_collection")
            texts += [milliseconds(one[key]) if key in one else "-" for key in pauses]
            found.append(texts)
    return found


def milliseconds(seconds: float) -> str:
    """Return a time as it is shown."""
    value = seconds * 1e3
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.2g} ms"


def verdict(table: Table) -> str:
    """Return the last line: the largest size, and whether cost grows with number alone."""
    ours = table["aquavit"]
    most, sizes = max(ours), sorted(ours)
    last = ours[most]
    few = next((size for size in sizes if size >= 10_000), sizes[0])
    growth = max((last[key] / most) / (ours[few][key] / few) for key in ("spawn", "round", "die"))
    return (
        f"scale: {most:,} processes, spawn {last['spawn']:.2f} s, {last['bytes']:,.0f} bytes each,"
        f" round {last['round']:.2f} s, die {last['die']:.2f} s,"
        f" worst collection {milliseconds(last['pause_worst'])}, a full one"
        f" {milliseconds(last['full_collection'])}; a process costs at most {growth:.1f} x"
        f" what it does at {few:,}"
    )


def show(lines: list[list[str]]) -> None:
    """Print the table."""
    every = [list(HEADER), *lines]
    widths = [max(len(line[column]) for line in every) for column in range(len(HEADER))]
    for line in every:
        print("  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)))


def main() -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--to", type=int, default=SIZES[-1], metavar="N", help="the most processes")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw the chart")
    parser.add_argument("--no-beam", action="store_true", help="leave Elixir out")
    record.add_option(parser)
    options = parser.parse_args()
    sizes = [size for size in SIZES if size <= options.to]
    if not sizes or options.rounds < 1:
        parser.error(f"--to, --rounds: expected at least {SIZES[0]} and 1")
    wanted = ["aquavit"]
    if not options.no_beam and sides.find_elixir():
        wanted.append("beam")
    try:
        table = collect(sizes, wanted, options.rounds)
    except sides.SideError as problem:
        raise SystemExit(f"scale: {problem}") from None
    lines, line = rows(table), verdict(table)
    show(lines)
    picture = options.plot or (PICTURE if options.record else None)
    if picture:
        import scale_chart

        scale_chart.draw(table, picture)
    if options.record:
        record.keep(
            "scale", "A thousand to a million processes, linked in a tree, with timers",
            line, header=HEADER, rows=lines, picture=PICTURE.name,
            notes=[
                f"Medians of {options.rounds} rounds; of the pauses, which are of the garbage"
                " collector and in time of the processor, the worst of all."
            ],
        )  # fmt: skip
    print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
