"""The page of guarantees names only tests that exist, and for each guarantee at least one."""

from __future__ import annotations

import ast
import re

import pytest

from tests.docs.examples import ROOT

PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
#: [(number, text up to the next heading)]
SECTIONS = [
    (int(number), text)
    for number, text in re.findall(r"^## G(\d+)\. (.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
]
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
NAMED = sorted(set(_TEST.findall(PAGE)))


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_a_test_that_is_named_exists(path: str, name: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    assert name in {node.name for node in tree.body if isinstance(node, functions)}


@pytest.mark.parametrize(("number", "text"), SECTIONS, ids=[f"G{n}" for n, _ in SECTIONS])
def test_a_guarantee_names_a_test(number: int, text: str) -> None:
    assert _TEST.search(text)


def test_guarantees_are_numbered_without_a_gap() -> None:
    assert [number for number, _ in SECTIONS] == list(range(1, len(SECTIONS) + 1))
