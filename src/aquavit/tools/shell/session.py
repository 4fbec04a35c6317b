"""The main process of the shell: from the editor to the evaluator and back.

It owns the editor's thread and watches the evaluator. When that dies, it says of what and
starts another one, with the same variables; what is being typed stays as it is.

Erlang: shell. Elixir: IEx.Server.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from aquavit.process import Down, Pid, receive, set_label, spawn_monitor
from aquavit.process import self as current_pid
from aquavit.tools.shell import output
from aquavit.tools.shell.editor import Editor, EditorThread
from aquavit.tools.shell.evaluator import Cell, Evaluation, Values, evaluate
from aquavit.tools.shell.interrupts import Interrupts

__all__ = ["Session"]

#: What leaves the shell also if it is not called, as in Python's own and in IPython.
_LEAVING = ("exit", "quit")


class Session:
    """One shell, from its start to its end.

    `first` are functions that the evaluator runs before anything is typed: the start file
    and the script.

    Elixir: IEx.Server.run/1.
    """

    def __init__(self, editor: Editor, names: dict[str, Any], values: Values) -> None:
        self.editor = editor
        self.names = names
        self.values = values
        self.interrupts = Interrupts()
        self.first: list[Callable[[], Any]] = []
        self.evaluation: Evaluation
        self.evaluator: Pid[Any]
        self.thread: EditorThread
        self.number = 0
        self.busy = False
        self.status: int | None = None

    async def main(self) -> None:
        """Run until there is nothing more to do; the body of the main process."""
        set_label("shell")
        self.evaluation = Evaluation(self.names, self.values, self.editor.prepare)
        self.thread = EditorThread(self.editor, current_pid())
        self.start_evaluator()
        self.interrupts.begin(self)
        try:
            self.next()
            while self.status is None:
                self.handle(await receive())
        finally:
            self.interrupts.end()
            self.thread.close()
            self.editor.end()
            self.evaluation.cells.put_nowait(None)  # it may trap exits

    def start_evaluator(self) -> None:
        """Start an evaluator and watch it."""
        self.evaluator, _ = spawn_monitor(evaluate, self.evaluation)

    def next(self) -> None:
        """Go on: with what was to be run first, else with what is typed."""
        self.busy = bool(self.first)
        if self.first:
            self.evaluation.cells.put_nowait(Cell(0, "", self.first.pop(0)))
        else:
            # Here, where nobody is in the middle of a line that he prints.
            self.editor.begin()
            self.thread.ask(self.number + 1)

    def handle(self, message: object) -> None:
        """Handle one message from the editor, the evaluator, or of its death."""
        match message:
            case ("read", how, value):
                self.editor.end()
                self.read(how, value)
            case ("done", int()):
                self.next()
            case ("failed", int()):
                self.failed()
            case ("leave", code):
                self.leave(code)
            case Down(pid=pid, reason=reason) if pid == self.evaluator:
                self.died(reason)

    def read(self, how: object, value: Any) -> None:
        """Handle what the editor has come back with."""
        if how == "typed":
            self.run(value)
        elif how == "dropped":
            self.next()
        elif how == "ended":
            self.interrupts.input_ended()
            self.leave(0)
        else:
            raise value

    def run(self, text: str) -> None:
        """Give the evaluator what was typed."""
        if not text.strip():
            self.next()
            return
        word = text.strip()
        if word in _LEAVING and callable(self.names.get(word)):
            text = f"{word}()"
        self.number += 1
        self.busy = True
        self.evaluation.cells.put_nowait(Cell(self.number, text))

    def failed(self) -> None:
        """Go on after an error; without a terminal it ends the shell."""
        if self.editor.interactive:
            self.next()
        else:
            self.leave(1)

    def died(self, reason: object) -> None:
        """Say of what the evaluator has died, and start another one."""
        asked_for = isinstance(reason, str) and reason == "normal"
        if not asked_for:
            output.show_exit(self.evaluator, reason)
        self.start_evaluator()
        if not (self.editor.interactive or asked_for):
            self.leave(1)
        elif self.busy:
            self.next()

    def leave(self, code: object) -> None:
        """End the shell with that exit status, as `sys.exit` takes it."""
        if code is None or isinstance(code, int):
            self.status = code or 0
        else:
            print(code, file=sys.stderr)
            self.status = 1
