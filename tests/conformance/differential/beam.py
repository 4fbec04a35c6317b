"""Asks Elixir what it does with random cases, and compares it with what is done here."""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import aquavit
from aquavit import Pid
from benchmarks import record

#: How many cases one start of Elixir plays.
AT_A_TIME = 5_000
#: Between the traces of two cases.
SEPARATOR = "--"
#: In a trace that shows an error of gen_statem in OTP 25: a timeout that replaces one of 0
#: seconds, which is due, is lost, and its timer comes as a message. Such a trace is skipped.
STRAY = "(stray)"


def term(value: Any) -> str:
    """Return a value as Erlang's source has it; strings are atoms."""
    match value:
        case bool():
            return str(value).lower()
        case None:
            return "nil"
        case str():
            return f"'{value}'"
        case tuple():
            return "{" + ", ".join(map(term, value)) + "}"
        case list():
            return "[" + ", ".join(map(term, value)) + "]"
        case dict():
            return "#{" + ", ".join(f"{term(k)} => {term(v)}" for k, v in value.items()) + "}"
    return str(value)


def show(value: Any) -> str:
    """Return a value as both sides print it."""
    match value:
        case None:
            return "nil"
        case tuple():
            return "(" + ", ".join(map(show, value)) + ")"
        case list():
            return "[" + ", ".join(map(show, value)) + "]"
        case Pid():
            return "pid"
    return str(value)


def on_the_beam(script: Path, cases: Iterable[Any]) -> list[str]:
    """Return the trace of each case, as Elixir prints it."""
    with tempfile.NamedTemporaryFile("w", suffix=".terms") as file:
        file.writelines(f"{term(case)}.\n" for case in cases)
        file.flush()
        done = subprocess.run(
            ["elixir", "--erl", "+S 1:1", str(script), file.name],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return [text.strip("\n") for text in done.stdout.split(f"{SEPARATOR}\n")[1:]]


def here(play: Callable[[int, Any], Awaitable[list[Any]]], cases: Iterable[Any]) -> list[str]:
    """Return the trace of each case, as `play` gives it here."""

    async def main() -> list[str]:
        return ["\n".join(map(show, await play(number, case))) for number, case in enumerate(cases)]

    found: list[str] = aquavit.run(main)
    return found


def compare(
    script: Path,
    make: Callable[[int], Any],
    play: Callable[[int, Any], Awaitable[list[Any]]],
    numbers: range,
    tidy: Callable[[str], str] = str,
) -> list[str]:
    """Return a text for each case whose traces differ.

    Args:
        script: makes the traces of Elixir.
        make: gives the case with a number.
        play: gives its trace here.
        numbers: of the cases.
        tidy: gives a trace without what may differ.
    """
    cases = [make(number) for number in numbers]
    there, own = on_the_beam(script, cases), here(play, cases)
    assert len(there) == len(own) == len(numbers), (len(there), len(own))
    return [
        f"case {number}: {term(case)}\nElixir:\n{theirs}\nhere:\n{ours}"
        for number, case, theirs, ours in zip(numbers, cases, there, own, strict=True)
        if tidy(theirs) != tidy(ours) and STRAY not in theirs
    ]


def main(script: Path, make: Any, play: Any, what: str, tidy: Callable[[str], str] = str) -> int:
    """Compare as many cases as the command line says; `what` is what they are."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=2_000)
    parser.add_argument("--first", type=int, default=0)
    record.add_option(parser)
    options = parser.parse_args()
    logging.getLogger("aquavit").setLevel(logging.CRITICAL)
    differ, last = 0, options.first + options.cases
    for first in range(options.first, last, AT_A_TIME):
        problems = compare(script, make, play, range(first, min(first + AT_A_TIME, last)), tidy)
        differ += len(problems)
        print(*problems[:20], sep="\n\n", end="\n\n" if problems else "", flush=True)
    line = f"R2: {options.cases:,} random {what} beside Elixir's, {differ} differ"
    print(line)
    if options.record:
        module = f"tests.conformance.differential.{script.stem}"
        record.keep(f"r2_{script.stem}", f"R2: random {what} beside Elixir's", line, module)
    return 1 if differ else 0


def end(code: int) -> None:
    """End the program."""
    sys.exit(code)
