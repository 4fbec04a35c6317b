"""The evaluator: the process that runs what is typed.

It waits for its cells on a queue of asyncio's, so that its mailbox belongs to the user.
What a cell raises is shown and forgotten; an exit signal ends the process, and the session
starts another one, with the same variables.

Erlang: shell_eval. Elixir: IEx.Evaluator.
"""

from __future__ import annotations
import __future__

import ast
import asyncio
import inspect
import linecache
import types
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aquavit.core import isolation
from aquavit.core.process import current
from aquavit.process import Pid, send, set_label, wait
from aquavit.process import self as current_pid
from aquavit.tools.shell import output

__all__ = ["Cell", "Evaluation", "Respawn", "Values", "compile_cell", "evaluate"]

#: Results that `v` can give back.
KEPT = 1_000
_FEATURES = [getattr(__future__, name).compiler_flag for name in __future__.all_feature_names]


@dataclass(frozen=True)
class Cell:
    """One thing to run: a source text, or a function that the shell itself has."""

    number: int
    source: str
    run: Callable[[], Any] | None = None


class Respawn(BaseException):
    """Raised in a cell to end its evaluator, without a word.

    Elixir: respawn/0 of IEx.
    """


class Values:
    """The results so far, for `v`; the oldest are forgotten.

    Elixir: IEx.History.
    """

    def __init__(self) -> None:
        self.found: dict[int, Any] = {}

    def add(self, number: int, value: Any) -> None:
        """Remember the result of a cell."""
        self.found[number] = value
        while len(self.found) > KEPT:
            del self.found[next(iter(self.found))]

    def get(self, number: int) -> Any:
        """Return the result of that cell; a negative number counts from the last one.

        Raises:
            IndexError: there is none.
        """
        if number < 0 and -number <= len(self.found):
            return self.found[list(self.found)[number]]
        if number in self.found:
            return self.found[number]
        known = f"{min(self.found)} to {max(self.found)}" if self.found else "none yet"
        raise IndexError(f"v: expected the number of a result, {known}, got {number}")


class Evaluation:
    """What an evaluator works on: the cells to come, the variables, the results.

    It outlives each evaluator. `cell` is the one that runs now.
    """

    def __init__(
        self, names: dict[str, Any], values: Values, prepare: Callable[[int, str], str]
    ) -> None:
        self.names = names
        self.values = values
        self.prepare = prepare
        self.owner: Pid[Any] = current_pid()
        self.cells: asyncio.Queue[Cell | None] = asyncio.Queue()
        self.cell: Cell | None = None
        self.flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


isolation.register(Evaluation, reference=True)


def evaluate(evaluation: Evaluation) -> None:
    """Run cells until there is a None; the body of the evaluator process.

    It is a plain function, so that plain code at the prompt can `wait`.
    """
    set_label("evaluator")
    while True:
        cell = wait(evaluation.cells.get())
        if cell is None:
            return
        evaluation.cell = cell
        try:
            outcome = _outcome(evaluation, cell)
        except Respawn:
            return
        finally:
            evaluation.cell = None
        send(evaluation.owner, outcome)


def _outcome(evaluation: Evaluation, cell: Cell) -> tuple[Any, ...]:
    """Run one cell and show what comes of it; return what the session is told."""
    try:
        value = _run(evaluation, cell)
        if value is not None:
            evaluation.values.add(cell.number, value)
            evaluation.names["_"] = value
            output.show_result(value)
    except Respawn:
        raise
    except SystemExit as end:
        return ("leave", end.code)
    except BaseException as error:
        process = current()
        if process is None or process.exiting:
            raise
        output.show_error(error)
        return ("failed", cell.number)
    return ("done", cell.number)


def _run(evaluation: Evaluation, cell: Cell) -> Any:
    """Run one cell and return the value of its last expression."""
    if cell.run is not None:
        made = cell.run()
        if inspect.isawaitable(made):
            wait(made)
        return None
    value = None
    source = evaluation.prepare(cell.number, cell.source)
    for code in compile_cell(source, f"aquavit({cell.number})", evaluation.flags):
        evaluation.flags |= sum(flag for flag in _FEATURES if code.co_flags & flag)
        value = eval(code, evaluation.names)
        if code.co_flags & inspect.CO_COROUTINE:
            awaited: Awaitable[Any] = value
            value = wait(awaited)
    return value


def compile_cell(source: str, filename: str, flags: int) -> list[types.CodeType]:
    """Compile a cell: its statements, and the last one alone if it is an expression.

    Raises:
        SyntaxError: it does not parse.
    """
    if not source.endswith("\n"):
        source += "\n"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    body = compile(source, filename, "exec", flags | ast.PyCF_ONLY_AST, True).body
    parts: list[ast.Module | ast.Expression] = []
    if body and isinstance(body[-1], ast.Expr):
        parts.append(ast.Expression(body.pop().value))
    if body:
        parts.insert(0, ast.Module(body, []))
    return [
        compile(part, filename, "eval" if isinstance(part, ast.Expression) else "exec", flags, True)
        for part in parts
    ]
