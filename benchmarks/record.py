"""The records of what was measured: one file of JSON for each figure, in `records/`.

A script that measures takes `--record` and then keeps its last line, its table and its
picture here, with the date, the kind of machine and the command that repeats it.
`python benchmarks/results.py` makes the page docs/results.md from all of them.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

RECORDS = Path(__file__).resolve().parent / "records"


@dataclass(frozen=True)
class Record:
    """One figure.

    Attributes:
        name: the file's name and the order on the page.
        title: what was measured, in a few words.
        line: the last line that the script printed.
        repeat: the command, from the root of the repository.
        date: when, as YYYY-MM-DD.
        machine: versions and the kind of machine.
        header, rows: a table, if there is one.
        picture: a file in docs/pictures, if there is one.
        notes: sentences below the figure.
    """

    name: str
    title: str
    line: str
    repeat: str
    date: str
    machine: dict[str, Any]
    header: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    picture: str = ""
    notes: list[str] = field(default_factory=list)


def add_option(parser: argparse.ArgumentParser) -> None:
    """Give a script the option `--record`."""
    parser.add_argument(
        "--record", action="store_true", help="keep the figure for the page of results"
    )


def keep(
    name: str,
    title: str,
    line: str,
    module: str = "",
    *,
    header: Sequence[str] = (),
    rows: Sequence[Sequence[str]] = (),
    picture: str = "",
    notes: Sequence[str] = (),
) -> None:
    """Write the record of a figure that was measured just now by this very command."""
    import aquavit

    machine = {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "aquavit": f"{aquavit.__version__} ({'compiled' if aquavit.COMPILED else 'interpreted'})",
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
    }
    options = " ".join(argument for argument in sys.argv[1:] if argument != "--record")
    command = f"python -m {module}" if module else f"python benchmarks/{Path(sys.argv[0]).name}"
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    write(
        Record(
            name, title, line, f"{command} {options}".strip(), today, machine,
            list(header), [list(row) for row in rows], picture, list(notes),
        )
    )  # fmt: skip


def write(record: Record) -> None:
    """Write `record` in place of the last one of that name."""
    RECORDS.mkdir(exist_ok=True)
    text = json.dumps(asdict(record), indent=1, ensure_ascii=False) + "\n"
    (RECORDS / f"{record.name}.json").write_text(text, encoding="utf-8")


def read_all() -> list[Record]:
    """Return all records, by name."""
    paths = sorted(RECORDS.glob("*.json"))
    return [Record(**json.loads(path.read_text(encoding="utf-8"))) for path in paths]


def processor() -> str:
    """Return the processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
