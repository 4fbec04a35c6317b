"""R6: planted bugs in links, monitors, receive, names, calls and supervisors: who is found?

    python -m tests.reliability.r6_mutants                       40 schedules of each scenario
    python -m tests.reliability.r6_mutants --schedules 1500      100,000 schedules for a mutant

Each mutant is the source with one change, run interpreted in a process of its own. It is
found when a scenario fails, or when nothing works any more. The last line is the figure.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks import record
from tests.reliability.mutants import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "aquavit"
GATE = 0.95
_SECONDS = 300


def copy_without_builds(into: Path) -> None:
    """Copy the interpreted package."""
    shutil.copytree(SOURCE, into, ignore=shutil.ignore_patterns("__pycache__", "*.so", "*.c"))


def plant(mutant: Mutant, package: Path) -> None:
    """Put the bug into a copy of the package.

    Raises:
        ValueError: the source has changed, and the mutant must follow.
    """
    name, file, before, after = mutant
    path = package / file
    text = path.read_text(encoding="utf-8")
    if before not in text:
        raise ValueError(f"mutant {name!r}: {file} does not contain {before!r}")
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def fate(mutant: Mutant | None, schedules: int) -> str:
    """Return what finds the mutant, "" if nothing does; None is the source as it is."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder, "aquavit")
        copy_without_builds(package)
        if mutant is not None:
            plant(mutant, package)
        try:
            done = subprocess.run(
                [sys.executable, "-m", __spec__.name, "--hunt", str(schedules)],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"},
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return "it hangs"
    if done.returncode == 0:
        return ""
    return (done.stdout.strip() or done.stderr.strip()).splitlines()[-1]


def hunt(schedules: int) -> int:
    """Run all scenarios; return 1 and say which, if one fails."""
    import aquavit
    from aquavit.testing import SimulationFailure, explore
    from tests.reliability.scenarios import ALL

    assert not aquavit.COMPILED, aquavit.__file__
    for strategy in ("random", "pct"):
        for name, scenario in ALL.items():
            try:
                explore(scenario, strategy=strategy, schedules=schedules // 2, max_moves=3000)
            except SimulationFailure as failure:
                print(f"{name}: {str(failure).splitlines()[0]}"[:90])
                return 1
    return 0


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--schedules", type=int, default=40)
    parser.add_argument("--only", action="append", help="part of a mutant's name")
    parser.add_argument("--hunt", type=int, help=argparse.SUPPRESS)
    record.add_option(parser)
    options = parser.parse_args()
    if options.hunt:
        return hunt(options.hunt)
    chosen = [m for m in MUTANTS if not options.only or any(part in m[0] for part in options.only)]
    sound = fate(None, options.schedules)
    if sound:
        raise SystemExit(f"the source without a mutant fails: {sound}")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        fates = list(pool.map(lambda mutant: fate(mutant, options.schedules), chosen))
    for (name, file, _, _), found in zip(chosen, fates, strict=True):
        print(f"{'found  ' if found else 'MISSED '} {file:24} {name:44} {found}")
    found_ones = sum(1 for each in fates if each)
    share = found_ones / len(chosen)
    line = f"R6: {found_ones} of {len(chosen)} mutants found ({share:.0%})"
    print(line)
    if options.record:
        record.keep("r6", "R6: planted bugs that the scenarios find", line, __spec__.name)
    return 0 if share >= GATE else 1


if __name__ == "__main__":
    sys.exit(main())
