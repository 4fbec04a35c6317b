"""The page of results says what the records say, and names no machine."""

from __future__ import annotations

import re
from typing import Any

import pytest


def test_page_is_what_the_records_make(module: Any) -> None:
    results, record = module("results"), module("record")
    made = results.page(record.read_all())
    assert results.PAGE.read_text(encoding="utf-8") == made, "run python benchmarks/results.py"


def test_every_record_is_whole(module: Any) -> None:
    for one in module("record").read_all():
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", one.date), one.name
        assert one.line.strip(), one.name
        assert one.repeat.strip(), one.name
        assert {"python", "aquavit", "cores", "system"} <= set(one.machine), one.name
        assert all(len(row) == len(one.header) for row in one.rows), one.name
        assert not re.search(r"/(home|tmp|root|work)/", str(one)), one.name
        if one.picture:
            assert (module("results").PAGE.parent / "pictures" / one.picture).exists()


def test_a_record_is_read_as_it_was_kept(
    module: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = module("record")
    monkeypatch.setattr(record, "RECORDS", tmp_path / "records")
    monkeypatch.setattr("sys.argv", ["scale.py", "--to", "1000", "--record"])
    record.keep("name", "Title", "R0: 1", header=["a", "b"], rows=[["1", "2"]], notes=["So."])
    (one,) = record.read_all()
    assert (one.name, one.line, one.repeat) == (
        "name", "R0: 1", "python benchmarks/scale.py --to 1000",
    )  # fmt: skip
    text = module("results").section(one)
    assert "| 1 | 2 |" in text
    assert "So.\n" in text


def test_a_record_that_the_page_does_not_know_is_refused(module: Any) -> None:
    record = module("record")
    stray = record.Record("stray", "Title", "line", "command", "2026-01-01", {})
    with pytest.raises(ValueError, match="stray"):
        module("results").page([stray])
