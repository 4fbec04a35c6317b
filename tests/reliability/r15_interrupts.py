"""R15: Ctrl-C at any moment ends a program within two seconds, and quietly.

    python -m tests.reliability.r15_interrupts                    200 times
    python -m tests.reliability.r15_interrupts --times 20 --seed 7

`aquavit run` runs one of several programs: one that waits, one that computes, one that floods,
a tree of servers, one that starts and stops processes. SIGINT comes at a random moment after
the first line of the program has run, at once in some. Noise is whatever stands in stderr.
The last line is the figure.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import aquavit
from benchmarks import record

LIMIT = 2.0
_UP = 'print("up", flush=True)\n'
PROGRAMS = {
    "waits": _UP + "await sleep(None)\n",
    "computes": """
def loop():
    while True:
        pass
for _ in range(3):
    spawn(loop)
"""
    + _UP
    + "await sleep(None)\n",
    "floods": """
async def sink():
    while True:
        await receive()
pid = spawn(sink)
"""
    + _UP
    + """
while True:
    for number in range(1000):
        send(pid, number)
    await sleep(0)
""",
    "serves": """
class Counter(GenServer):
    def init(self):
        trap_exit(True)
        self.count = 0
    def handle_call(self, request, from_):
        self.count += 1
        return self.count
    def terminate(self, reason):
        self.count = 0
await Supervisor.start_link([ChildSpec(n, (Counter.start_link,)) for n in range(20)])
pid = await Counter.start_link()
"""
    + _UP
    + """
while True:
    await GenServer.call(pid, "next")
""",
    "spawns": _UP
    + """
async def short(parent):
    send_after(parent, "later", 0.001)
    await sleep(0.0005)
while True:
    for _ in range(100):
        spawn_link(short, self())
    await sleep(0)
    flush()
""",
    "threads": _UP
    + """
import time
while True:
    await blocking(time.sleep, 0.01)
""",
}


@dataclass(frozen=True)
class Interrupted:
    """How a program ended after SIGINT."""

    program: str
    delay: float
    seconds: float
    status: int
    noise: str

    @property
    def well(self) -> bool:
        """Whether it ended in time, as interrupted, without a word."""
        return self.seconds <= LIMIT and not self.noise and self.status in (130, -signal.SIGINT)


def interrupt(name: str, delay: float) -> Interrupted:
    """Run a program, send SIGINT `delay` seconds after its first line, and wait."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "program.py")
        script.write_text(f"from aquavit import *\n{PROGRAMS[name]}", encoding="utf-8")
        child = subprocess.Popen(
            [sys.executable, "-m", "aquavit", "run", str(script)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(aquavit.__file__).parents[1])},
        )
        assert child.stdout is not None
        assert child.stderr is not None
        first = child.stdout.readline()
        if first != "up\n":
            child.kill()
            raise RuntimeError(f"{name} did not start: {child.stderr.read()}")
        threading.Event().wait(delay)
        sent = time.monotonic()
        child.send_signal(signal.SIGINT)
        try:
            _, noise = child.communicate(timeout=5 * LIMIT)
        except subprocess.TimeoutExpired:
            child.kill()
            _, noise = child.communicate()
        return Interrupted(name, delay, time.monotonic() - sent, child.returncode, noise)


def measure(times: int, seed: int = 0) -> list[Interrupted]:
    """Interrupt that many programs, one after the other."""
    rng, found = random.Random(seed), []
    names = list(PROGRAMS)
    for number in range(times):
        delay = rng.choice((0.0, rng.uniform(0, 0.01), rng.uniform(0, 0.3)))
        one = interrupt(names[number % len(names)], delay)
        found.append(one)
        if not one.well:
            print(one, flush=True)
    return found


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    record.add_option(parser)
    options = parser.parse_args()
    found = measure(options.times, options.seed)
    late = sum(one.seconds > LIMIT for one in found)
    noisy = sum(bool(one.noise) for one in found)
    line = (
        f"R15: Ctrl-C at {len(found)} random moments: worst exit"
        f" {max(one.seconds for one in found):.2f} s, {late} above {LIMIT:.0f} s, {noisy} noisy"
    )
    print(line)
    if options.record:
        record.keep("r15_interrupts", "R15: Ctrl-C", line, __spec__.name)
    return 0 if all(one.well for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
