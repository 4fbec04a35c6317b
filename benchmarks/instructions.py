"""Counts the instructions that one operation takes, which no other load can disturb.

    python benchmarks/instructions.py            measure and print, beside the record
    python benchmarks/instructions.py --record   make the result the record of this build
    python benchmarks/instructions.py --check    exit with 1 if any is 5 % above the record

Each workload runs under valgrind at two sizes; the difference is what the operations take,
without start and end. How often the event loop gets its turn depends on the time that passes, and
so on other load, which can only add: a workload that is above its record is measured again, up to
three times, and the least counts. The record, instructions.json, is of one interpreter and one
compiler: others make other code. Where there is none for those in use, nothing is checked, and it
says so.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import record as records

HERE = Path(__file__).resolve().parent
RECORD = HERE / "instructions.json"
#: A workload and its two sizes; it warms up with a tenth of each.
SIZES = {
    "ping_pong": (1_000, 11_000),
    "ping_pong_patterns": (1_000, 11_000),
    "spawn": (1_000, 11_000),
    "flood": (2_000, 22_000),
    "genserver": (1_000, 6_000),  # a call, a call of a method and a cast
    "machine": (1_000, 6_000),
}
WARM_UP = 1.1
LIMIT = 1.05
ATTEMPTS = 3
_COLLECTED = re.compile(r"Collected\s*:\s*(\d+)")


def main() -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--record", action="store_true", help="make the result the record")
    parser.add_argument("--check", action="store_true", help="fail above the record")
    parser.add_argument("--only", action="append", choices=SIZES, help="a workload's name")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        raise SystemExit("instructions: valgrind is not installed (Debian: apt install valgrind)")
    build = this_build()
    record: dict[str, dict[str, int]] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    known = record.get(build, {})
    names = options.only or list(SIZES)
    totals: dict[tuple[str, int], int] = {}
    again = names
    for _ in range(ATTEMPTS):
        measure(again, totals)
        found = {name: instructions(name, totals) for name in names}
        above = [name for name in names if name in known and found[name] > known[name] * LIMIT]
        again = names if options.record else above
        if not again:
            break
    print_table(found, known, above)
    if not known:
        print(f"no record of {build}")
    print(line(found))
    if options.record:
        record[build] = {**known, **found}
        RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
        keep(record)
    return 1 if options.check and above else 0


def keep(known: dict[str, dict[str, int]]) -> None:
    """Keep the counts of every build for the page of results."""
    names = [name for name in SIZES if any(name in counts for counts in known.values())]
    records.keep(
        "instructions", "Instructions for one operation", line(known[this_build()]),
        header=["the work", *known],
        rows=[
            [name, *(f"{counts[name]:,}" if name in counts else "-" for counts in known.values())]
            for name in names
        ],
        notes=["More than 5 % above its record fails the checks of this repository."],
    )  # fmt: skip


def line(found: dict[str, int]) -> str:
    """Return the last line."""
    counts = ", ".join(f"{name} {count:,}" for name, count in found.items())
    return f"instructions: {counts}"


def this_build() -> str:
    """Say which interpreter and which compiler made the code."""
    compiler = subprocess.run(["cc", "-dumpfullversion"], capture_output=True, text=True).stdout
    return f"CPython {platform.python_version()} {platform.machine()}, cc {compiler.strip()}"


def measure(names: list[str], totals: dict[tuple[str, int], int]) -> None:
    """Run the workloads in both sizes; keep the least of each in `totals`."""
    runs = [(name, size) for name in names for size in SIZES[name]]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for run, found in zip(runs, pool.map(lambda run: total(*run), runs), strict=True):
            totals[run] = min(found, totals.get(run, found))


def instructions(name: str, totals: dict[tuple[str, int], int]) -> int:
    """Return the instructions of one operation of a workload."""
    small, large = SIZES[name]
    return round((totals[name, large] - totals[name, small]) / ((large - small) * WARM_UP))


def total(name: str, count: int) -> int:
    """Return the instructions of one run."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *("valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out"),
            *(sys.executable, str(HERE / "workloads_aquavit.py"), name, str(count)),
        ]
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
    collected = _COLLECTED.search(done.stderr)
    if done.returncode != 0 or collected is None:
        raise SystemExit(f"instructions: {name} failed:\n{done.stderr[-2000:]}")
    return int(collected[1])


def print_table(found: dict[str, int], known: dict[str, int], above: list[str]) -> None:
    """Print what was found, beside the record."""
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    print(f"{'instructions for one':<24}{'now':>8}{'record':>9}")
    for name, count in found.items():
        recorded = known.get(name)
        change = "" if not recorded else f"{count / recorded - 1:+7.1%}"
        line = f"{name:<24}{count:>8}{recorded or '-':>9}  {change}"
        print(f"\x1b[31m{line}\x1b[0m" if colour and name in above else line)


if __name__ == "__main__":
    sys.exit(main())
