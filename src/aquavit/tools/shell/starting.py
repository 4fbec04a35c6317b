"""Starting a shell: which editor, which names, which files first.

Elixir: the command iex.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import platform
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import aquavit
from aquavit.process import ProcessExit, run
from aquavit.tools import script
from aquavit.tools.program import INTERRUPTED
from aquavit.tools.shell.above import screens
from aquavit.tools.shell.editor import Editor, PipeReader
from aquavit.tools.shell.editor_plain import PlainEditor
from aquavit.tools.shell.loading import start_file
from aquavit.tools.shell.names import fill, restore
from aquavit.tools.shell.output import show_exit
from aquavit.tools.shell.session import Session

try:
    import termios
except ImportError:  # on Windows
    termios = None  # type: ignore[assignment]

__all__ = ["run_shell"]

#: Seconds that a thread keeps the interpreter while another one waits for it.
_TURN = 0.001


def run_shell(target: str | None, args: list[str], start: bool = True) -> int:
    """Run a shell until it is left and return the exit status.

    Args:
        target: a script that the evaluator runs first; None for none.
        args: the arguments of the script.
        start: whether `.aquavit.py` is run before that.

    Returns:
        The exit status: 0, what `sys.exit` was told, or 1 after an uncaught error of a
        shell without a terminal.

    Raises:
        Refused: there is no such script.
        SyntaxError: it does not parse.

    Elixir: iex.
    """
    first: list[Callable[[], Any]] = []
    if target is not None:
        first.append(script.load_script(target, args))
    else:
        script.set_up("", [], os.getcwd())
        script.make_main(None)
    module = sys.modules["__main__"]
    names = module.__dict__
    helpers = fill(names)
    editor = _editor(module)
    found = start_file() if start else None
    if found is not None:
        first.insert(0, helpers.run_file(found))
    if first:  # `from aquavit import *` has put others into the place of two helpers
        first.append(lambda: restore(names, helpers))
    session = Session(editor, names, helpers.values)
    session.first = first
    if editor.interactive:
        print(_banner())
    try:
        with _terminal_restored(), _threads_in_short_turns(editor), screens(editor):
            run(session.main)
    except KeyboardInterrupt:  # while it was ending
        return INTERRUPTED
    except ProcessExit as end:  # somebody has ended the main process
        show_exit("the shell itself", end.reason)
        return 1
    return session.status or 0


def _banner() -> str:
    build = "compiled" if aquavit.COMPILED else "interpreted"
    versions = f"aquavit {aquavit.__version__} ({build}), Python {platform.python_version()}"
    return f"{versions}: h() shows the helpers, Ctrl-D leaves"


@contextlib.contextmanager
def _terminal_restored() -> Iterator[None]:
    """Give the terminal back as it was, also from the midst of a line."""
    if termios is None or not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):  # it may be gone
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


@contextlib.contextmanager
def _threads_in_short_turns(editor: Editor) -> Iterator[None]:
    """Let the editor's thread and the processes interrupt each other sooner.

    A key is drawn, and the event loop gets its turn, within this time of asking.
    """
    before = sys.getswitchinterval()
    if editor.interactive:
        sys.setswitchinterval(_TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _editor(module: types.ModuleType) -> Editor:
    """Return the best editor there is for what stdin and stdout are."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return PipeReader()
    if os.environ.get("TERM") == "dumb":
        return PlainEditor()
    if importlib.util.find_spec("IPython") is not None:
        from aquavit.tools.shell.editor_ipython import IPythonEditor

        return IPythonEditor(module)
    try:
        from aquavit.tools.shell.editor_readline import ReadlineEditor
    except ImportError:  # on Windows, and in some builds of Python
        return PlainEditor()
    return ReadlineEditor(module.__dict__)
