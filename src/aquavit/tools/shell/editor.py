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
from aquavit.tools.shell.above import Above
from aquavit.tools.shell.statements import Statements

__all__ = ["Editor", "EditorThread", "PipeReader"]

#: How often a thread is asked to end, before it is left alone.
_PATIENCE = 40


class Editor:
    """Reads statements; `read` is called on a thread of its own.

    Elixir: the group leader of IEx.
    """

    #: Somebody sits at a terminal.
    interactive = True
    #: What takes the output of others while a statement is typed, if it would be torn.
    above: Above | None = None
    #: What was written last has not ended its line.
    in_line = False

    def read(self, number: int) -> str:
        """Return the next statement.

        Raises:
            EOFError: there are no more.
            KeyboardInterrupt: it was thrown away.
        """
        raise NotImplementedError

    def begin(self) -> None:
        """Called on the thread of the processes before each `read`."""

    def end(self) -> None:
        """Called there after each `read`."""

    def prepare(self, number: int, source: str) -> str:
        """Return what was typed as Python, and keep it in the history if there is one."""
        return source

    def interrupted(self) -> None:
        """Called on a SIGINT while a statement is being typed."""

    def resumed(self) -> None:
        """Called on a SIGCONT: the terminal may be in another state than before."""

    def close(self) -> bool:
        """End what is being typed; return whether `read` will come to its end.

        It is called again until that is so.
        """
        return True


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

    def close(self) -> bool:
        """Tell that a thread which waits for a pipe may do so for ever."""
        return False


class EditorThread:
    """Lets an editor read on a thread of its own.

    It answers with `("read", "typed", text)`; instead of "typed" it says "ended" or
    "dropped", and "broken" with the error when the editor itself has failed.

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
        """Let it end, if that can be."""
        self.asked.put(None)
        for _ in range(_PATIENCE):
            if not self.editor.close():
                return
            self.thread.join(0.05)
            if not self.thread.is_alive():
                return

    def _run(self) -> None:
        while (number := self.asked.get()) is not None:
            answer: tuple[object, ...]
            try:
                answer = ("typed", self.editor.read(number))
            except EOFError:
                answer = ("ended", None)
            except KeyboardInterrupt:
                answer = ("dropped", None)
            except BaseException as error:
                answer = ("broken", error)
            send(self.owner, ("read", *answer))
