"""Makes docs/conformance.md from cases.toml.

    python -m tests.conformance.otp.page            write the page
    python -m tests.conformance.otp.page --check    fail if the page is not what it would write

cases.toml has one line for each case of a suite: the name of our test (or several), or
`{ no = "<key>" }` for a case that does not apply, with the key of a reason, or
`{ open = "<what is missing>" }`.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
DATA = Path(__file__).with_name("cases.toml")
PAGE = ROOT / "docs" / "conformance.md"

_HEAD = """\
# Conformance with OTP's test suites

Erlang/OTP tests its processes and behaviours with suites of its own. This page lists every case
of {number} of them, as they stand in OTP {version}, and beside each the test of this repository
that checks the same behaviour, written anew in Python. A case that cannot apply says why. Process
groups are a `Registry` with duplicate keys here, and `PubSub` on top of it.

*{ported} of {applicable} applicable cases are ported ({percent:.1f} %), of {total} in all. Of the
{no} that do not apply, {later} are about several nodes, which are a later stage.*

| suite | cases | ported | not applicable | open |
|---|---|---|---|---|
"""
_FOOT = """
This page is made by `python -m tests.conformance.otp.page` from
`tests/conformance/otp/cases.toml`; `tests/conformance/otp/test_map.py` checks both.
"""


#: The reasons that a later stage takes away.
_LATER = ("nodes", "global")


@dataclass(frozen=True)
class Case:
    """One case of a suite: the names of our tests, or why there is none."""

    name: str
    tests: tuple[str, ...] = ()
    no: str = ""
    open: str = ""


@dataclass(frozen=True)
class Suite:
    """One suite of OTP."""

    name: str
    path: str
    counted: int
    cases: tuple[Case, ...]

    def count(self, kind: str) -> int:
        """Return how many cases are "tests" (ported), "no" (not applicable) or "open"."""
        return sum(bool(getattr(case, kind)) for case in self.cases)


@dataclass(frozen=True)
class Map:
    """What cases.toml says."""

    version: str
    reasons: dict[str, str]
    suites: tuple[Suite, ...]

    def count(self, kind: str) -> int:
        """Return the number of all cases of a kind."""
        return sum(suite.count(kind) for suite in self.suites)

    @property
    def applicable(self) -> int:
        """The cases that could be ported."""
        return self.count("tests") + self.count("open")


def read(path: Path = DATA) -> Map:
    """Return what `path` says."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    suites = tuple(
        Suite(
            name,
            suite["path"],
            suite["counted"],
            tuple(_case(case, value) for case, value in suite["cases"].items()),
        )
        for name, suite in data["suites"].items()
    )
    return Map(data["version"], data["reasons"], suites)


def _case(name: str, value: Any) -> Case:
    match value:
        case str():
            return Case(name, (value,))
        case [*tests] if tests and all(isinstance(test, str) for test in tests):
            return Case(name, tuple(tests))
        case {"no": str(key), **rest} if not rest:
            return Case(name, no=key)
        case {"open": str(text), **rest} if not rest:
            return Case(name, open=text)
    raise ValueError(f"{name}: expected test names, a `no` or an `open`, got {value!r}")


def tests_by_name() -> dict[str, list[str]]:
    """Return {name of a test function: the files that define it}."""
    found = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found[node.name].append(path.relative_to(ROOT).as_posix())
    return found


def place(name: str, tests: dict[str, list[str]]) -> str:
    """Return `file::name` of a test; `name` may begin with its file, if others have it too."""
    if "::" in name:
        path, _, name = name.partition("::")
        path = f"tests/{path}"
        if path not in tests.get(name, []):
            raise LookupError(f"no test {name} in {path}")
        return f"{path}::{name}"
    match tests.get(name, []):
        case [path]:
            return f"{path}::{name}"
        case []:
            raise LookupError(f"no test is named {name}")
        case paths:
            raise LookupError(f"more than one test is named {name}: {paths}")


def page(found: Map) -> str:
    """Return the text of the page."""
    tests = tests_by_name()
    text = _HEAD.format(
        number=len(found.suites),
        version=found.version,
        ported=found.count("tests"),
        applicable=found.applicable,
        percent=100 * found.count("tests") / found.applicable,
        total=sum(len(suite.cases) for suite in found.suites),
        no=found.count("no"),
        later=sum(case.no in _LATER for suite in found.suites for case in suite.cases),
    )
    for suite in found.suites:
        numbers = " | ".join(str(suite.count(kind)) for kind in ("tests", "no", "open"))
        text += f"| [{suite.name}](#{_anchor(suite)}) | {len(suite.cases)} | {numbers} |\n"
    text += _FOOT
    for suite in found.suites:
        text += f"\n({_anchor(suite)})=\n## {suite.name}\n\n`{suite.path}`\n\n"
        text += "| case | here |\n|---|---|\n"
        for case in suite.cases:
            text += f"| `{case.name}` | {_words(case, found, tests)} |\n"
    return text


def _anchor(suite: Suite) -> str:
    return "otp-" + suite.name.lower().replace("_", "-")


def _words(case: Case, found: Map, tests: dict[str, list[str]]) -> str:
    if case.no:
        return f"not applicable: {found.reasons[case.no]}"
    if case.open:
        return f"**open**: {case.open}"
    return "<br>".join(f"`{place(test, tests)}`" for test in case.tests)


def main(arguments: list[str]) -> int:
    """Write the page, or compare it."""
    text = page(read())
    if arguments == ["--check"]:
        same = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text
        print(f"{PAGE.name}: {'up to date' if same else 'run this without --check'}")
        return 0 if same else 1
    PAGE.write_text(text, encoding="utf-8")
    print(f"{PAGE.name}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
