"""The picture of the tutorial is drawn from what a program prints, and is well formed."""

from __future__ import annotations

import importlib.util
import sys
import types
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.docs.examples import ROOT

DIRECTORY = ROOT / "docs" / "pictures"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(name="record", scope="module")
def load_record() -> types.ModuleType:
    pytest.importorskip("pty", reason="pseudo-terminals are POSIX's")
    spec = importlib.util.spec_from_file_location("docs_pictures_record", DIRECTORY / "record.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_a_program_is_recorded_with_its_colours(record: types.ModuleType, tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text("import sys\nprint('\\x1b[31mred\\x1b[0m', sys.stderr.isatty())\n")
    (line,) = record.styled_lines(record.record(script).rstrip("\n"))
    assert [text for text, _ in line] == ["red", " True"]
    assert [style.colour for _, style in line] == [record.COLOURS[31], record.TEXT]


def test_a_long_line_is_cut_at_the_edge(record: types.ModuleType) -> None:
    ((run,),) = record.styled_lines("x" * 300)
    assert len(run[0]) == record.COLUMNS
    assert run[0].endswith("…")


def test_a_picture_shows_the_text_as_it_is(record: types.ModuleType) -> None:
    drawing = ET.fromstring(
        record.picture(list(record.styled_lines("a <b> & c\n\n\x1b[1md")), "a & b")
    )
    assert [text.text for text in drawing.iter(f"{SVG}tspan")] == ["a <b> & c", "d"]


@pytest.mark.parametrize("name", ["tutorial.svg", "shell.svg"])
def test_a_picture_in_the_repository_shows_no_path_of_a_machine(name: str) -> None:
    drawing = ET.parse(DIRECTORY / name)
    text = "".join(drawing.getroot().itertext())
    assert "examples/tutorial/" in text
    assert "/home/" not in text
    assert "../" not in text
