"""The three sides: how each is started, asked for one measurement, and described.

Every measurement is a fresh process of the operating system, so that none inherits the
memory of another. The side prints one line of JSON: figures for one operation.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter

Figures = dict[str, float]

HERE = Path(__file__).resolve().parent
#: One scheduler, as Python has one core; and room for 1,000,000 processes where needed.
ONE_SCHEDULER = "+S 1:1"
ROOM = "+P 2000000"
CROWDED = ("idle", "million")
#: Settings of the user's that would change what is measured.
LEFT_OUT = ("ERL_FLAGS", "ERL_AFLAGS", "ERL_ZFLAGS", "ELIXIR_ERL_OPTIONS", "PYTHONDEVMODE")
LONGEST = 900.0


class SideError(Exception):
    """A side could not be measured."""


def measure(side: str, workload: str, count: int) -> Figures:
    """Return the figures of `workload` on `side`, in a fresh process."""
    if workload == "import":
        return {"seconds": import_seconds(count)}
    figures: Figures = ask(command(side, workload in CROWDED), workload, str(count))
    return figures


def command(side: str, crowded: bool = False) -> list[str]:
    """Return what starts `side`."""
    if side != "beam":
        return [sys.executable, str(HERE / f"workloads_{side}.py")]
    flags = f"{ONE_SCHEDULER} {ROOM}" if crowded else ONE_SCHEDULER
    return ["elixir", "--erl", flags, str(HERE / "workloads.exs")]


def ask(start: list[str], *arguments: str) -> dict[str, float]:
    """Run a side and read its line of JSON."""
    try:
        done = subprocess.run(
            [*start, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            env=environment(),
        )
    except subprocess.TimeoutExpired as late:
        raise SideError(f"{' '.join(arguments)}: no figures after {LONGEST:.0f} s") from late
    lines = done.stdout.splitlines()
    if done.returncode != 0 or not lines:
        problem = done.stderr.strip() or f"exit status {done.returncode}, and no figures"
        raise SideError(f"{Path(start[-1]).name} {' '.join(arguments)}:\n{problem[-2000:]}")
    figures: dict[str, float] = json.loads(lines[-1])
    return figures


def environment() -> dict[str, str]:
    """Return the environment of every side."""
    kept = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
    return {**kept, "LC_ALL": "C.UTF-8"}


def import_seconds(pairs: int) -> float:
    """Return what `import aquavit` adds to an interpreter that imports asyncio."""
    bare, whole = [], []
    for _ in range(pairs + 1):
        bare.append(wall_time("import asyncio"))
        whole.append(wall_time("import asyncio, aquavit"))
    return statistics.median(whole[1:]) - statistics.median(bare[1:])  # the first warms up


def wall_time(code: str) -> float:
    """Return how long a fresh interpreter takes for `code`."""
    started = perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=environment())
    return perf_counter() - started


# --- what there is


def describe(sides: list[str]) -> dict[str, object]:
    """Tell versions and machine, without anything that names the machine."""
    told: dict[str, object] = {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": platform.system(),
        "processor": processor(),
        "cores": os.cpu_count(),
    }
    told |= ask(command("aquavit"), "describe")
    if "beam" in sides:
        told |= ask(command("beam"), "describe")
    return told


def processor() -> str:
    """Return the processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def find_elixir() -> bool:
    """Tell whether Elixir is there; install Debian's package if it can be done."""
    if shutil.which("elixir"):
        return True
    if not shutil.which("apt-get") or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    print("elixir is missing: installing Debian's package", file=sys.stderr)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update"], ["install", "-y", "--no-install-recommends", "elixir"]):
        subprocess.run(["apt-get", "-qq", *step], stdout=subprocess.DEVNULL, env=quiet)
    return shutil.which("elixir") is not None
