"""Every example of the README, of the pages and of the docstrings runs as it is written."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import aquavit
import aquavit.testing
from tests.docs.examples import (
    ROOT,
    Example,
    examples_of,
    pages,
    run_program,
    run_script,
    run_session,
    steady,
)

PAGES = pages()
EXAMPLES = [example for page in PAGES for example in examples_of(page)]
#: What a docstring may use without an import, besides its own module.
NAMES = {name: getattr(aquavit, name) for name in aquavit.__all__}
#: The same inside aquavit.tools.testing.
TESTING = {name: getattr(aquavit.testing, name) for name in aquavit.testing.__all__}


def docstrings() -> Iterator[tuple[str, str]]:
    """Yield (name, text) of each docstring with examples, read from the source.

    The source is the same for both builds; compiled functions do not show themselves.
    """
    package = ROOT / "src" / "aquavit"
    for path in sorted(package.rglob("*.py")):
        module = ".".join(path.relative_to(package.parent).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)):
                text = ast.get_docstring(node)
                if text and ">>> " in text:
                    yield f"{module}.{getattr(node, 'name', '')}", text


DOCSTRINGS = list(docstrings())


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_an_example_of_a_page_runs(example: Example) -> None:
    if example.skip:
        pytest.skip(example.skip)
    if example.is_session:
        assert run_session(str(example), example.code, {}) == ""
        return
    stdout, stderr = run_script(example.script) if example.script else run_program(example)
    if example.stdout is not None:
        assert steady(stdout) == steady(example.stdout)
    if example.stderr is not None:
        assert steady(stderr) == steady(example.stderr)


@pytest.mark.parametrize(("name", "text"), DOCSTRINGS, ids=[name for name, _ in DOCSTRINGS])
def test_an_example_of_a_docstring_runs(name: str, text: str) -> None:
    module = importlib.import_module(name.rpartition(".")[0])
    more = TESTING if module.__name__.startswith("aquavit.tools.testing.") else {}
    assert run_session(name, text, {**vars(module), **NAMES, **more}) == ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_each_python_block_of_a_page_is_found(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    written = text.count("```python\n") + text.count("```{literalinclude} ")
    assert len(list(examples_of(page))) == written


def test_the_tutorial_shows_every_one_of_its_programs() -> None:
    programs = set((ROOT / "examples" / "tutorial").glob("*.py"))
    shown = {example.script for example in examples_of(ROOT / "docs" / "tutorial.md")}
    assert programs
    assert programs <= shown


def test_each_public_function_has_an_example_that_runs() -> None:
    tested = {name.rpartition(".")[2] for name, _ in DOCSTRINGS}
    public = {name for name in aquavit.__all__ if callable(getattr(aquavit, name))}
    functions = {name for name in public if not isinstance(getattr(aquavit, name), type)}
    assert functions - tested == set()
