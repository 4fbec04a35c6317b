"""What the test of the documentation reads and runs: the Python blocks of its pages.

A block is a complete small program, a `>>>` session, or a program of the repository that
is included. A ```text block right behind a program is what it prints; a ```console block
right behind that is what it writes to stderr. Pids, times of day and line numbers may
differ. A comment `<!-- skip: reason -->` right before a block leaves it out.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import linecache
import logging
import os
import re
import subprocess
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aquavit

__all__ = [
    "ROOT",
    "Example",
    "examples_of",
    "pages",
    "run_program",
    "run_script",
    "run_session",
    "steady",
]

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(
    r"(?P<skip><!-- skip: (?P<reason>[^\n]+) -->\n+)?"
    r"^```(?:python|{literalinclude} (?P<path>\S+))\n(?P<code>.*?)^```\n"
    r"(?:\n*```text\n(?P<stdout>.*?)^```\n)?"
    r"(?:\n*```console\n(?P<stderr>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)
_VARYING = (
    (re.compile(r"#PID<[\d.]+>"), "#PID<...>"),
    (re.compile(r"#Reference<[\d.]+>"), "#Reference<...>"),
    (re.compile(r"\b\d\d:\d\d:\d\d\.\d\d\d\b"), "00:00:00.000"),
    (re.compile(r"\.py:\d+:"), ".py:N:"),
    (re.compile(r" 0x[0-9a-f]+"), " 0x..."),
)


@dataclass(frozen=True)
class Example:
    """One block of a page, and what it must print if the page says so."""

    page: str
    line: int
    code: str
    script: Path | None
    stdout: str | None
    stderr: str | None
    skip: str | None

    @property
    def is_session(self) -> bool:
        """Tell whether it is written with `>>>`."""
        return self.code.startswith(">>> ")

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """Return the README and every page of the documentation."""
    built = ROOT / "docs" / "_build"
    found = [page for page in (ROOT / "docs").rglob("*.md") if built not in page.parents]
    return [ROOT / "README.md", *sorted(found)]


def examples_of(page: Path) -> Iterator[Example]:
    """Yield the Python blocks of `page`."""
    text = page.read_text(encoding="utf-8")
    for block in _BLOCK.finditer(text):
        yield Example(
            page=page.relative_to(ROOT).as_posix(),
            line=text.count("\n", 0, block.start("code")) + 1,
            code=block["code"],
            script=(page.parent / block["path"]).resolve() if block["path"] else None,
            stdout=block["stdout"],
            stderr=block["stderr"],
            skip=block["reason"],
        )


@contextlib.contextmanager
def quiet_logging() -> Iterator[None]:
    """Let crash reports go to stderr as they do in a program without logging set up."""
    root = logging.getLogger()
    handlers, root.handlers = root.handlers, []
    try:
        yield
    finally:
        root.handlers = handlers


def run_script(script: Path) -> tuple[str, str]:
    """Run a program as `aquavit run` does; return what it wrote to stdout and stderr."""
    package = Path(aquavit.__file__).parent
    done = subprocess.run(
        [sys.executable, "-m", "aquavit", "run", script.relative_to(ROOT)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(package.parent)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout, done.stderr


def run_program(example: Example) -> tuple[str, str]:
    """Run a program; return what it wrote to stdout and stderr."""
    name = "example.py"
    linecache.cache[name] = (len(example.code), None, example.code.splitlines(True), name)
    module = types.ModuleType("__main__")
    stdout, stderr = io.StringIO(), io.StringIO()
    with quiet_logging(), contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        exec(compile(example.code, name, "exec", dont_inherit=True), module.__dict__)
    return stdout.getvalue(), stderr.getvalue()


def run_session(name: str, text: str, names: dict[str, object]) -> str:
    """Run `>>>` examples; return what differs from the answers given, "" if nothing does."""
    test = doctest.DocTestParser().get_doctest(text, dict(names), name, name, 0)
    said = io.StringIO()
    with quiet_logging(), contextlib.redirect_stderr(io.StringIO()):
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.write)
    return said.getvalue()


def steady(text: str) -> str:
    """Return `text` with all that varies from run to run taken out."""
    for pattern, fixed in _VARYING:
        text = pattern.sub(fixed, text)
    return text.strip()
