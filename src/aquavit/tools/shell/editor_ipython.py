"""The editor of IPython: completion, history, colours, `?`, `%` magics.

Only the editing is IPython's: its prompt runs in the editor's thread, on a small event
loop of its own. What is typed is run by the evaluator, like everything else.

Elixir: edlin and IEx.Autocomplete.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
import types
from collections.abc import Callable
from typing import Any

from IPython.core.completer import (
    CompletionContext,
    SimpleCompletion,
    SimpleMatcherResult,
    context_matcher,
)
from IPython.terminal.interactiveshell import TerminalInteractiveShell
from IPython.terminal.prompts import Prompts
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.patch_stdout import StdoutProxy
from pygments.token import Token
from traitlets.config import Config

from aquavit.process import preempt_in
from aquavit.tools.shell.above import Above
from aquavit.tools.shell.completing import helpers_for
from aquavit.tools.shell.editor import Editor
from aquavit.tools.shell.history import history_file

__all__ = ["IPythonEditor"]


class IPythonEditor(Editor):
    """Reads statements with IPython.

    Elixir: edlin.
    """

    def __init__(self, module: types.ModuleType) -> None:
        self.stream = sys.stdout
        self.proxy: Any = None
        known = {name: value for name, value in module.__dict__.items() if name[:2] != "__"}
        make: Callable[..., Any] = TerminalInteractiveShell.instance
        self.shell = make(config=_config(), user_module=module, user_ns=module.__dict__)
        _begin_with(self.shell, known)
        self.shell.prompts = _Prompts(self.shell)
        self.shell.set_hook("show_in_pager", _show)
        self.shell.builtin_trap.activate()  # magics ask for get_ipython
        self.shell.Completer.custom_matchers.append(_matcher(module))
        preempt_in("IPython")  # magics run the user's code
        # Else the first prompt imports it, which keeps the processes waiting.
        importlib.import_module("pygments.lexers.python")

    def read(self, number: int) -> str:
        """Return the next statement."""
        self.shell.execution_count = number
        screens = sys.stdout, sys.stderr

        def take_proxy(app: Any) -> None:
            # IPython puts it there for as long as the prompt lasts, but whoever writes to
            # it then may go on to, as a handler of logging does.
            if isinstance(sys.stdout, StdoutProxy):
                self.proxy = sys.stdout
                sys.stdout, sys.stderr = screens

        prompt = self.shell.pt_app.app
        prompt.before_render += take_proxy
        try:
            return str(self.shell.prompt_for_code())
        finally:
            prompt.before_render -= take_proxy
            self.proxy = None

    def begin(self) -> None:
        """Let what others print appear above the line."""
        if self.above is None:
            if self.in_line:  # the prompt would be drawn over it
                self.stream.write("\n")
            self.stream.flush()
            self.above = Above(self.stream, self._show)

    def _show(self, text: str) -> None:
        proxy = self.proxy if self.shell.pt_app.app.is_running else None
        (proxy or self.stream).write(f"{text}\n")

    def end(self) -> None:
        """Undo `begin`."""
        if self.above is not None:
            self.in_line = self.above.finish()
            self.above = None

    def prepare(self, number: int, source: str) -> str:
        """Return what was typed without IPython's own syntax, and keep it in the history."""
        prepared: str = source
        try:
            prepared = self.shell.transform_cell(source)
        finally:
            self.shell.history_manager.store_inputs(number, prepared, source)
        return prepared

    def resumed(self) -> None:
        """Let keys be keys again, and show the line."""
        self._call(_show_again)

    def close(self) -> bool:
        """End the prompt, if somebody is typing; the terminal is as it was then."""
        self._call(_leave)
        return True

    def _call(self, fn: Callable[[Any], None]) -> None:
        """Let the prompt's own loop call `fn` with it, if there is one."""
        app = self.shell.pt_app.app
        loop = app.loop
        if app.is_running and loop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended meanwhile
                loop.call_soon_threadsafe(fn, app)


def _begin_with(shell: Any, known: dict[str, Any]) -> None:
    """Let the names of IPython begin with `known`, also after `%reset`; `%who` hides them."""
    begin = shell.init_user_ns

    def add_known() -> None:
        shell.user_ns.update(known)
        shell.user_ns_hidden.update(known)

    def begin_again() -> None:
        begin()
        add_known()

    shell.init_user_ns = begin_again
    add_known()


def _matcher(module: types.ModuleType) -> Any:
    """Return what completes a Pid to the helpers that take it."""

    def match(context: CompletionContext) -> SimpleMatcherResult:
        fragment, texts = helpers_for(context.text_until_cursor, module.__dict__)
        completions = [SimpleCompletion(text=text) for text in texts]
        if not completions:
            return {"completions": []}
        return {"completions": completions, "matched_fragment": fragment, "suppress": True}

    made: Any = match
    return context_matcher(identifier="aquavit.helpers")(made)


def _show_again(app: Any) -> None:
    """Draw the prompt anew; the terminal has been used by others, and is as they left it."""
    app.input.raw_mode().__enter__()
    run_in_terminal(lambda: None)


def _leave(app: Any) -> None:
    """End the prompt; called by its own loop."""
    if app.is_running and not app.is_done:
        app.exit(exception=EOFError)


def _config() -> Config:
    config: Any = Config()
    config.TerminalInteractiveShell.confirm_exit = False
    config.TerminalInteractiveShell.term_title = False
    config.TerminalInteractiveShell.simple_prompt = False
    config.HistoryManager.hist_file = history_file("history.sqlite") or ":memory:"
    # What there is, is completed by looking at it: no analysis of source, which is slow.
    config.IPCompleter.use_jedi = False
    return config  # type: ignore[no-any-return]


def _show(shell: Any, data: Any, start: int = 0, screen_lines: int = 0) -> None:
    """Print what IPython would show in a pager: a pager would stop all processes."""
    print(data["text/plain"] if isinstance(data, dict) else data)


class _Prompts(Prompts):
    """The prompt, as IEx shows it."""

    def in_prompt_tokens(self) -> list[tuple[Any, str]]:
        """Return `aquavit(1)> `."""
        number = str(self.shell.execution_count)
        return [(Token.Prompt, "aquavit("), (Token.PromptNum, number), (Token.Prompt, ")> ")]

    def continuation_prompt_tokens(
        self,
        width: int | None = None,
        *,
        lineno: int | None = None,
        wrap_count: int | None = None,
    ) -> list[tuple[Any, str]]:
        """Return `...> `, as wide as the prompt; nothing before the rest of a long line."""
        if width is None:
            width = sum(len(text) for _, text in self.in_prompt_tokens())
        return [(Token.Prompt, ("" if wrap_count else "...> ").rjust(width))]
