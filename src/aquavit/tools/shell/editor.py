"""What reads the lines: an editor, in a thread of its own.

The processes run on while somebody types, completes, or looks into the history. The
session asks for one statement at a time and gets it as a message.

Elixir: the group leader and its edlin.
"""

from __future__ import annotations

import queue
import sys
import threading

from aquavit.process import Pid, send
from aquavit.tools.shell.statements import Statements

__all__ = ["Editor", "EditorThread", "PipeReader"]


class Editor:
    """Reads statements; `read` is called on a thread of its own.

    Elixir: the group leader of IEx.
    """

    #: Somebody sits at a terminal.
    interactive = True

    def read(self, number: int) -> str:
        """Return the next statement.

        Raises:
            EOFError: there are no more.
            KeyboardInterrupt: it was thrown away.
        """
        raise NotImplementedError

    def transform(self, source: str) -> str:
        """Return what was typed as Python."""
        return source

    def remember(self, number: int, source: str, transformed: str) -> None:
        """Take a statement into the history, if there is one."""

    def interrupted(self) -> None:
        """Called on a SIGINT while a statement is being typed."""

    def close(self) -> None:
        """Give the terminal back, also while a statement is being typed."""


class PipeReader(Editor):
    """Reads statements from stdin when that is no terminal.

    Elixir: iex with its input from a pipe.
    """

    interactive = False

    def __init__(self) -> None:
        self.statements = Statements()
        self.ready: list[str] = []
        self.ended = False

    def read(self, number: int) -> str:
        """Return the next statement; a broken line ends the input like a full stop."""
        while not self.ready:
            if self.ended:
                raise EOFError
            line = sys.stdin.readline()
            if line:
                self.ready += self.statements.push(line.rstrip("\r\n"))
            else:
                self.ended = True
                self.ready += self.statements.rest()
        return self.ready.pop(0)


class EditorThread:
    """Lets an editor read on a thread of its own.

    It answers with `("typed", text)`, `("ended",)`, `("dropped",)`, or
    `("broken", error)` when the editor itself has failed.

    Elixir: none; the group leader is a process.
    """

    def __init__(self, editor: Editor, owner: Pid[object]) -> None:
        self.editor = editor
        self.owner = owner
        self.asked: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._run, name="aquavit-editor", daemon=True)
        self.thread.start()

    def ask(self, number: int) -> None:
        """Let it read the statement of that number."""
        self.asked.put(number)

    def close(self) -> None:
        """Let it end, and give the terminal back; one that waits for a pipe is left alone."""
        self.asked.put(None)
        self.editor.close()
        if self.editor.interactive:
            self.thread.join(1.0)

    def _run(self) -> None:
        while (number := self.asked.get()) is not None:
            answer: tuple[object, ...]
            try:
                answer = ("typed", self.editor.read(number))
            except EOFError:
                answer = ("ended",)
            except KeyboardInterrupt:
                answer = ("dropped",)
            except BaseException as error:
                answer = ("broken", error)
            send(self.owner, answer)
