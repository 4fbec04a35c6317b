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

#: Between the traces of two cases.
SEPARATOR = "--"


def term(value: Any) -> str:
    """Return a value as Elixir's source has it; strings are atoms."""
    match value:
        case bool():
            return str(value).lower()
        case None:
            return "nil"
        case str():
            return f':"{value}"'
        case tuple():
            return "{" + ", ".join(map(term, value)) + "}"
        case list():
            return "[" + ", ".join(map(term, value)) + "]"
        case dict():
            return "%{" + ", ".join(f"{term(k)} => {term(v)}" for k, v in value.items()) + "}"
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
    with tempfile.NamedTemporaryFile("w", suffix=".exs") as file:
        file.write("[" + ",\n".join(map(term, cases)) + "]")
        file.flush()
        done = subprocess.run(
            ["elixir", str(script), file.name], capture_output=True, text=True, check=True
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
) -> list[str]:
    """Return a text for each case whose traces differ."""
    cases = [make(number) for number in numbers]
    there, own = on_the_beam(script, cases), here(play, cases)
    assert len(there) == len(own) == len(numbers), (len(there), len(own))
    return [
        f"case {number}: {term(case)}\nElixir:\n{theirs}\nhere:\n{ours}"
        for number, case, theirs, ours in zip(numbers, cases, there, own, strict=True)
        if theirs != ours
    ]


def main(script: Path, make: Any, play: Any) -> int:
    """Compare as many cases as the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=2_000)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    logging.getLogger("aquavit").setLevel(logging.CRITICAL)
    problems = compare(script, make, play, range(options.first, options.first + options.cases))
    for problem in problems[:20]:
        print(problem, end="\n\n")
    print(f"{options.cases} cases compared, {len(problems)} differ")
    return 1 if problems else 0


def end(code: int) -> None:
    """End the program."""
    sys.exit(code)
