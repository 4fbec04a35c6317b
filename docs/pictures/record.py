"""Record what the tutorial prints and draw it as an SVG picture of a terminal.

    python docs/pictures/record.py            writes docs/pictures/tutorial.svg

The programs run for real, one after the other, on a pseudo-terminal, so that the crash
reports come in colour and stand where they were written. Nothing is edited: what the
picture shows is what was printed, long lines cut at the right edge. Needs a POSIX system.
"""

from __future__ import annotations

import argparse
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "examples" / "tutorial"
PICTURE = Path(__file__).with_name("tutorial.svg")

COLUMNS = 100
FONT_SIZE, LINE_HEIGHT, CHARACTER_WIDTH, MARGIN = 13, 18, 7.83, 20
BACKGROUND, TEXT, FAINT = "#1d1f27", "#d7dae0", "#7d8492"
COLOURS = {
    30: "#5c6370", 31: "#f07178", 32: "#a5d6a7", 33: "#ffcb6b",
    34: "#82aaff", 35: "#c792ea", 36: "#7fdbca", 37: TEXT,
}  # fmt: skip
_CODE = re.compile(r"\x1b\[([\d;]*)m")
_OTHER_CODES = re.compile(r"\x1b\[[\d;?]*[A-Za-ln-z]")


@dataclass(frozen=True)
class Style:
    """How a run of characters looks."""

    colour: str = TEXT
    bold: bool = False

    def changed(self, code: int) -> Style:
        """Return the style after the terminal code `code`."""
        if code == 1:
            return replace(self, bold=True)
        if code == 2:
            return replace(self, colour=FAINT)
        if code == 22:
            return replace(self, bold=False)
        if code == 39:
            return replace(self, colour=TEXT)
        if code in COLOURS or code - 60 in COLOURS:
            return replace(self, colour=COLOURS.get(code, COLOURS.get(code - 60, TEXT)))
        return Style() if code == 0 else self


Run = tuple[str, Style]


def record(script: Path) -> str:
    """Run `script` with `aquavit run` on a pseudo-terminal; return all that it writes."""
    master, slave = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}
    environment.pop("NO_COLOR", None)
    child = subprocess.Popen(
        [sys.executable, "-m", "aquavit", "run", os.path.relpath(script, ROOT)],
        **{"cwd": ROOT, "env": environment, "stdin": slave, "stdout": slave, "stderr": slave},
    )
    os.close(slave)
    written = bytearray()
    try:
        while data := os.read(master, 65536):
            written += data
    except OSError:  # Linux says so when the last writer has closed
        pass
    os.close(master)
    child.wait()
    return written.decode().replace("\r\n", "\n")


def styled_lines(text: str) -> Iterator[list[Run]]:
    """Yield each line of `text` as runs of one style, cut at the right edge."""
    style = Style()
    for line in _OTHER_CODES.sub("", text).split("\n"):
        runs: list[Run] = []
        room = COLUMNS
        for index, part in enumerate(_CODE.split(line)):
            if index % 2:
                for code in part.split(";"):
                    style = style.changed(int(code or 0))
            elif part and room > 0:
                shown = part if len(part) <= room else part[: room - 1] + "…"
                room -= len(shown)
                runs.append((shown, style))
        yield runs


def drawn(runs: list[Run], y: float) -> str:
    """Return the SVG of one line."""
    spans = []
    for text, style in runs:
        weight = ' font-weight="bold"' if style.bold else ""
        spans.append(f'<tspan fill="{style.colour}"{weight}>{escape(text)}</tspan>')
    return f'<text x="{MARGIN}" y="{y:g}" xml:space="preserve">{"".join(spans)}</text>'


def picture(lines: list[list[Run]], title: str) -> str:
    """Return the SVG of a terminal that shows `lines`."""
    width = round(2 * MARGIN + COLUMNS * CHARACTER_WIDTH)
    height = 2 * MARGIN + 20 + len(lines) * LINE_HEIGHT
    top = MARGIN + 20 + FONT_SIZE
    rows = [drawn(runs, top + index * LINE_HEIGHT) for index, runs in enumerate(lines) if runs]
    buttons = [
        f'<circle cx="{MARGIN + 18 * index}" cy="18" r="6" fill="{colour}"/>'
        for index, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    ]
    font = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{width}" height="{height}" rx="8" fill="{BACKGROUND}"/>',
            *buttons,
            f'<g font-family="{font}" font-size="{FONT_SIZE}">',
            *rows,
            "</g>",
            "</svg>",
            "",
        ]
    )


def session(scripts: list[Path]) -> Iterator[list[Run]]:
    """Yield the lines of a terminal in which `scripts` were run one after the other."""
    for script in scripts:
        command = f"aquavit run {os.path.relpath(script, ROOT)}"
        yield [("$ ", Style(COLOURS[32], bold=True)), (command, Style(bold=True))]
        yield from styled_lines(record(script).strip("\n"))
        yield []


def main() -> None:
    """Draw the tutorial, or the scripts that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("scripts", nargs="*", type=Path, help="programs; default: the tutorial")
    parser.add_argument("--out", type=Path, default=PICTURE)
    options = parser.parse_args()
    scripts = [each.resolve() for each in options.scripts] or sorted(TUTORIAL.glob("[0-9]*.py"))
    lines = list(session(scripts))[:-1]
    title = "The tutorial's output in a terminal"
    options.out.write_text(picture(lines, title), encoding="utf-8")
    print(f"{options.out.name}: {len(scripts)} programs")


if __name__ == "__main__":
    main()
