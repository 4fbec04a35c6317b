"""Where statements end, in a pipe and at a prompt."""

from __future__ import annotations

import textwrap

import pytest

from aquavit.tools.shell.statements import Statements, ends_here, is_open


def split(text: str) -> list[str]:
    statements = Statements()
    found = [each for line in text.splitlines() for each in statements.push(line)]
    return found + statements.rest()


def test_a_simple_statement_is_given_at_once() -> None:
    assert Statements().push("x = 1") == ["x = 1"]
    assert Statements().push("await receive()") == ["await receive()"]


@pytest.mark.parametrize(
    "block",
    [
        "if a:\n    b\nelif c:\n    d\nelse:\n    e",
        "try:\n    a\nexcept* E:\n    b\nelse:\n    c\nfinally:\n    d",
        "@decorated\nclass A:\n    x = 1\n\n    def f(self):\n        return 1",
        "async def f():\n    await g()\n\n    # a remark\n    return 1",
        "match x:\n    case 1:\n        pass",
        "f(\n1,\n)",
        'text = """\nif x:\n\nelse\n"""',
        "x = 1 + \\\n    2",
        "@decorated\n\ndef f():\n# at the margin\n    pass",
    ],
)
def test_a_block_is_one_statement(block: str) -> None:
    assert split(f"before\n{block}\nafter()\n") == ["before", block, "after()"]


def test_blank_lines_and_remarks_between_statements_are_dropped() -> None:
    assert split("\n# one\n\nx\n  # two\n\n\ny\n") == ["x", "y"]


def test_a_block_is_given_when_the_next_statement_begins() -> None:
    statements = Statements()
    assert statements.push("def f():") == []
    assert statements.push("    return 1") == []
    assert statements.push("") == []
    assert statements.push("f()") == ["def f():\n    return 1\n", "f()"]


def test_what_is_wrong_is_given_to_be_refused() -> None:
    assert split("f)\nx\n") == ["f)", "x"]
    assert split("f(\n") == ["f("]


def test_what_only_looks_finished_goes_on_at_the_prompt() -> None:
    block = textwrap.dedent("""\
        if x:
            y = 1""")
    assert [is_open(block), ends_here(block)] == [False, False]
    assert ends_here(block + "\n")
    assert not ends_here("f(\n")
    assert ends_here("x = 1")
    assert ends_here("f)")
