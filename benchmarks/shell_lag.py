"""How long the event loop is held up while somebody types and completes in the shell.

    python benchmarks/shell_lag.py [--processes 10000] [--seconds 5] [--editor plain] [--record]

A shell runs in tmux. In it, processes wake up all the time; one more measures how late the
loop calls it, every millisecond. Meanwhile lines are typed, completed and thrown away. It
prints the median time from the start of the command to the first prompt, and the lag without and
with somebody typing: median, 99th percentile, maximum, in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import record
from tests.tools.shell.terminal import Terminal

SOURCE = """\
import asyncio, json, random, time
from aquavit import *

async def ticker(period):
    await sleep(random.random() * period)
    while True:
        await sleep(period)

def start(count, period=1.0):
    for _ in range(count):
        spawn(ticker, period)

class Lag:
    def __init__(self): self.late, self.due, self.on = [], 0.0, False
    def begin(self):
        self.late, self.on = [], True
        self.loop = asyncio.get_running_loop()
        self.again()
    def again(self):
        self.due = time.perf_counter() + 0.001
        self.loop.call_later(0.001, self.tick)
    def tick(self):
        self.late.append(time.perf_counter() - self.due)
        if self.on:
            self.again()
    def end(self, path):
        self.on = False
        late = sorted(self.late)
        at = lambda part: late[min(int(part * len(late)), len(late) - 1)] * 1000
        figures = [round(at(part), 2) for part in (0.5, 0.99, 1)]
        open(path, "w").write(json.dumps([len(late), *figures]))

lag = Lag()
"""
TYPED = ("send(self(), [each for each in range(10)])", "process_info(self()).mess", "GenServer.")


def started(terminal: Terminal, times: int) -> float:
    """Start the shell so many times; return the median of the seconds to the prompt."""
    seconds = []
    for number in range(times):
        if number:
            terminal.type("C-d")
            terminal.end(0)
            terminal.start()
        terminal.wait_for(r"^aquavit\(1\)>$")
        seconds.append(time.monotonic() - terminal.began)
    return statistics.median(seconds)


def type_for(terminal: Terminal, seconds: float, typing: bool) -> int:
    """Type, complete and throw away for so long; return the number of keys."""
    keys, until = 0, time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if not typing:
            time.sleep(left)
            break
        for text in TYPED:
            if time.monotonic() > until:
                break
            for character in text:
                terminal.tmux("send-keys", "-t", "test", "-l", character)
                keys += 1
            terminal.type("Tab")
            time.sleep(0.1)
            terminal.type("C-c")
            keys += 2
    return keys


def measured(terminal: Terminal, number: int, seconds: float, typing: bool) -> list[str]:
    """Return the lag over so many seconds: median, 99th percentile, most, looks, keys."""
    path = terminal.socket.parent / f"lag{number}"
    terminal.enter(number, "lag.begin()")
    terminal.wait_for(rf"^aquavit\({number + 1}\)>$")
    keys = type_for(terminal, seconds, typing)
    terminal.type("C-c")
    terminal.enter(number + 1, f"lag.end({str(path)!r})")
    count, *figures = json.loads(path.read_text())
    return [*(f"{each:.2f} ms" for each in figures), f"{count:,}", f"{keys:,}"]


def told(row: list[str]) -> str:
    """Return a row of figures as a sentence."""
    return "{}: median {}, p99 {}, most {} ({} looks, {} keys)".format(*row)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--processes", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--starts", type=int, default=7)
    parser.add_argument("--editor", choices=["ipython", "plain"], default="ipython")
    parser.add_argument("--loop", choices=["uvloop", "asyncio"], default="uvloop")
    record.add_option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "lag.py").write_text(SOURCE)
        hidden = [
            *(["IPython"] if options.editor == "plain" else []),
            *(["uvloop"] if options.loop == "asyncio" else []),
        ]
        lines = ["import sys", *(f"sys.modules[{each!r}] = None" for each in hidden)]
        (directory / "sitecustomize.py").write_text("\n".join(lines))
        terminal = Terminal(directory, str(directory / "lag.py"), HIDING=str(directory))
        try:
            start = started(terminal, options.starts)
            print(f"start to prompt: {start:.2f} s")
            terminal.enter(1, f"start({options.processes}); n = len(processes())")
            count = int(re.findall(r"^\d+$", terminal.enter(2, "n"), re.MULTILINE)[-1])
            print(f"{count:,} processes, {options.editor}, {options.loop}")
            quiet = ["nobody types", *measured(terminal, 3, options.seconds, False)]
            print(told(quiet))
            busy = ["somebody types", *measured(terminal, 5, options.seconds, True)]
            print(told(busy))
        finally:
            terminal.close()
    line = (
        f"shell: start to prompt {start:.2f} s (bar 1.50); with {count:,} processes the loop is"
        f" late by {busy[2]} at p99 while somebody types (bar 20 ms)"
    )
    print(line)
    if options.record:
        heads = ["", "median", "p99", "most", "looks", "keys"]
        record.keep(
            "shell", "The shell while somebody types", line, header=heads, rows=[quiet, busy]
        )


if __name__ == "__main__":
    main()
