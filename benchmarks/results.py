"""Makes docs/results.md from the records in benchmarks/records.

python benchmarks/results.py            write the page
python benchmarks/results.py --check    exit with 1 if the page is another
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import record

PAGE = Path(__file__).resolve().parents[1] / "docs" / "results.md"
#: The parts of the page: a heading, what is said first, and the records in order.
PARTS = (
    (
        "Speed and memory",
        "The same work beside Elixir and asyncio. Times of a shared machine move by a tenth and"
        " more; the ratios of one run move less. Instructions do not depend on it at all.",
        ("benchmarks", "versions", "scale", "shell", "instructions"),
    ),
    (
        "Fairness",
        "What code that never waits leaves to the others, and what comes of a process that is taken"
        " off the core in its midst.",
        ("fairness", "preemptions", "r17"),
    ),
    (
        "Behaviour",
        "Random programs, schedules and planted bugs. `R2` and so on are the numbers under which"
        " the scripts are found in `tests/reliability`.",
        ("r2", "r2_machines", "r2_servers", "r2_trees", "r3", "r3_speed", "r4", "r5", "r6", "r7"),
    ),
    (
        "Endurance",
        "Load whose messages are counted, full mailboxes, starts and stops, and what tools for"
        " memory errors say.",
        (
            "r8_conservation", "r8_soak", "r9", "r10", "r14_sanitizers", "r14_references",
            "r15_cycles", "r15_interrupts", "r16",
        ),
    ),
)  # fmt: skip
TOP = """# Results

<!-- Made by benchmarks/results.py from benchmarks/records: do not edit. -->

Every figure here is the last line of a script. Each says when it was measured and how to repeat
it, in a clone after `scripts/setup`; with `--record` a script puts its new figure in place of the
old one, and `python benchmarks/results.py` makes this page. Figures differ in size from what the
tests run: those run the same scripts, smaller.
"""


def page(records: list[record.Record]) -> str:
    """Return the page."""
    left = {each.name: each for each in records}
    parts = [TOP]
    for heading, first, names in PARTS:
        found = [left.pop(name) for name in names if name in left]
        if found:
            parts += [f"## {heading}\n", f"{first}\n"] + [section(each) for each in found]
    if left:
        raise ValueError(f"results: records without a part of the page: {sorted(left)}")
    return "\n".join(parts)


def section(one: record.Record) -> str:
    """Return what the page says of a record."""
    lines = [f"### {one.title}", "", "```text", one.line, "```", ""]
    if one.header:
        lines += [cells(one.header), cells(["---", *(["---:"] * (len(one.header) - 1))])]
        lines += [*map(cells, one.rows), ""]
    if one.picture:
        lines += [f"![{one.title}](pictures/{one.picture})", ""]
    lines += [f"{note}\n" for note in one.notes]
    lines += [f"{one.date}, {place(one.machine)}. To repeat it: `{one.repeat}`", ""]
    return "\n".join(lines)


def cells(texts: list[str]) -> str:
    """Return a line of a table."""
    return "| " + " | ".join(texts) + " |"


def place(machine: dict[str, Any]) -> str:
    """Say what kind of machine it was."""
    parts = [f"aquavit {machine['aquavit']}", machine["python"]]
    if "elixir" in machine:
        parts.append(machine["elixir"])
    return ", ".join([*parts, f"{machine['cores']} cores, {machine['system']}"])


def main() -> int:
    """Write or check the page; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="fail if the page is another")
    options = parser.parse_args()
    text = page(record.read_all())
    if options.check:
        return 0 if PAGE.read_text(encoding="utf-8") == text else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
