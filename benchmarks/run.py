"""Runs the same work in aquavit, in Elixir with one scheduler, and in asyncio.

    python benchmarks/run.py                everything; some minutes
    python benchmarks/run.py --quick        smaller sizes; under two minutes
    python benchmarks/run.py --only ring    one workload; may be given more than once
    python benchmarks/run.py --record       keep the table and the chart for the page of results

The sides take turns: round 1 of a workload on each, then the next workload, then round 2.
What slows the machine down for a while slows all three. README.md tells what is measured.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from pathlib import Path

import plan
import record
import report
import sides

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "benchmarks.png"
Samples = dict[str, dict[str, list[sides.Figures]]]


def main() -> int:
    """Measure, print, and return the exit status."""
    options = read_options()
    sizes = {name: size for name, size in options.sizes.items() if name in options.only}
    wanted = choose_sides(options)
    try:
        machine = sides.describe(wanted)
        if not machine["compiled"]:
            say("the core of aquavit is not compiled here: these figures say little", bad=True)
        samples = collect(sizes, wanted, options.rounds)
    except sides.SideError as problem:
        raise SystemExit(f"benchmarks: {problem}") from None
    counts = {name: size.aquavit for name, size in sizes.items()}
    results = report.summarise(samples, counts)
    report.print_table(results, machine, options.rounds, wanted)
    if options.json:
        data = {"machine": machine, "rounds": options.rounds, "counts": counts}
        data |= {"results": report.as_data(results), "samples": samples}
        options.json.write_text(json.dumps(data, indent=1) + "\n")
    picture = options.plot or (PICTURE if options.record else None)
    if picture:
        report.plot(results, machine, options.rounds, picture)
    line = report.verdict(results)
    if options.record:
        record.keep(
            "benchmarks", "The same work in aquavit, in Elixir and in asyncio", line,
            header=["the work", *report.header(wanted)[1:-1], "reached"],
            rows=[report.cells(result, wanted) for result in results],
            picture=PICTURE.name if PICTURE.exists() else "",
            notes=report.notes(machine, options.rounds),
        )  # fmt: skip
    print(f"\n{line}")
    failed = [result for result in results if result.bar and not result.met]
    return 1 if options.check and failed else 0


def read_options() -> argparse.Namespace:
    """Read and check the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="smaller sizes, 3 rounds, not the million")
    add("--only", action="append", metavar="NAME", choices=plan.FULL, help="a workload's name")
    add("--rounds", type=int, metavar="N", help="5, or 3 with --quick")
    add("--json", type=Path, metavar="FILE", help="write every sample here")
    add("--plot", type=Path, metavar="FILE.png", help="draw the bar chart; needs matplotlib")
    add("--no-beam", action="store_true", help="leave Elixir out")
    add("--no-asyncio", action="store_true", help="leave asyncio out")
    add("--check", action="store_true", help="exit with 1 when a bar is missed or not measured")
    record.add_option(parser)
    options = parser.parse_args()
    options.sizes = plan.QUICK if options.quick else plan.FULL
    options.only = options.only or list(options.sizes)
    for name in options.only:
        if name not in options.sizes:
            parser.error(f"--only {name}: it is not in --quick, it takes too long")
    options.rounds = options.rounds if options.rounds is not None else 3 if options.quick else 5
    if options.rounds < 1:
        parser.error(f"--rounds: expected 1 or more, got {options.rounds}")
    if importlib.util.find_spec("aquavit") is None:
        parser.error("aquavit is not installed for this interpreter\npip install .")
    if (options.plot or options.record) and not report.can_plot():
        parser.error("--plot, --record: matplotlib is missing\npip install matplotlib")
    return options


def choose_sides(options: argparse.Namespace) -> list[str]:
    """Return the sides that are asked for and there."""
    wanted = ["aquavit"]
    if not options.no_beam:
        if sides.find_elixir():
            wanted.append("beam")
        else:
            say("elixir is missing: nothing is compared with the BEAM", bad=True)
            say("on Debian: apt-get install elixir")
    if not options.no_asyncio:
        wanted.append("asyncio")
    return wanted


def collect(sizes: dict[str, plan.Size], wanted: list[str], rounds: int) -> Samples:
    """Measure every workload on every side, round by round."""
    turns = [
        (round_, name, side, size.of(side))
        for round_ in range(1, rounds + 1)
        for name, size in sizes.items()
        for side in wanted
        if size.of(side)
    ]
    samples: Samples = {name: {} for name in sizes}
    try:
        for done, (round_, name, side, count) in enumerate(turns):
            title = plan.TITLES[side]
            progress(f"{done}/{len(turns)}  round {round_} of {rounds}: {name}, {title}")
            figures = sides.measure(side, name, count)
            samples[name].setdefault(side, []).append(figures)
    finally:
        progress("")
    return samples


def progress(text: str) -> None:
    """Show `text` in place of the last, on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def say(text: str, bad: bool = False) -> None:
    """Tell the user something that is no result."""
    print(report.coloured(text, "bad" if bad else "plain", sys.stderr), file=sys.stderr)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
