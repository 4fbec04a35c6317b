"""The helpers: short names for what one does all the time at a prompt.

Elixir: IEx.Helpers.
"""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Callable
from typing import Any

from aquavit.core import ids, isolation
from aquavit.core.exits import brief
from aquavit.otp import system
from aquavit.process import Pid, Ref, process_info, processes
from aquavit.process import exit as signal_exit
from aquavit.process import flush as take_all
from aquavit.process.wording import wants_colour
from aquavit.tools.shell import looking
from aquavit.tools.shell.describing import describe, document, list_helpers
from aquavit.tools.shell.evaluator import Respawn, Values
from aquavit.tools.shell.loading import Loader
from aquavit.tools.shell.output import coloured

__all__ = ["Helpers"]

_NUMBERS = re.compile(r"(?:#PID<|#Reference<)?(\d+)\.(\d+)(?:\.(\d+))?>?")
_MISSING: Any = object()


class Helpers:
    """The helpers of one shell; their docstrings are what `h` shows.

    Elixir: IEx.Helpers.
    """

    def __init__(self, names: dict[str, Any]) -> None:
        self.values = Values()
        self._loader = Loader(names)

    def names(self) -> dict[str, Callable[..., Any]]:
        """Return the helpers by their names, in the order in which `h` lists them."""
        return {
            **{"h": self.h, "i": self.i, "v": self.v},
            **{"flush": flush, "pid": pid, "ref": ref},
            **{"processes": processes, "info": looking.info, "process_info": process_info},
            **{"tree": looking.tree, "top": looking.top, "names": looking.names},
            **{"get_state": system.get_state, "trace": system.trace},
            **{"c": self.c, "r": self.r, "recompile": self.recompile},
            **{"respawn": respawn, "runtime_info": looking.runtime_info, "clear": clear},
            **{"exit": exit, "quit": quit},
        }

    def run_file(self, path: str) -> Callable[[], Any]:
        """Return a function that runs a file with the names of the shell."""
        return self._loader.run_file(path)

    def h(self, value: Any = _MISSING) -> None:
        """Show the documentation of a value; without one, the helpers.

        Elixir: h/1 of IEx.
        """
        lines = list_helpers(self.names()) if value is _MISSING else document(value)
        print("\n".join(lines))

    def i(self, value: Any = _MISSING) -> None:
        """Show what a value is; of a pid, all that is known. None: the last result.

        Elixir: i/1 of IEx.
        """
        if value is _MISSING:
            value = self.v()
        if isinstance(value, Pid):
            looking.info(value)
        else:
            print("\n".join(describe(value)))

    def v(self, number: int = -1) -> Any:
        """Return the result of a statement by its number; -1 is the last one.

        Raises:
            IndexError: there is none.

        Elixir: v/1 of IEx.
        """
        return self.values.get(number)

    def c(self, target: str) -> types.ModuleType:
        """Load a file, or import a module, and bind it to its name.

        Args:
            target: "path/to/file.py", whose directory is put on the path, or "package.module".

        Raises:
            ImportError: no such module, or another one has that name.
            FileNotFoundError: no such file.

        Elixir: c/1 of IEx.
        """
        return self._loader.load(target)

    def r(self, module: types.ModuleType | str) -> types.ModuleType:
        """Reload a module: its file is run again.

        Names that the shell has taken from it are bound anew.
        Processes go on with the code that they were started with.

        Raises:
            ImportError: no module of that name is loaded.

        Elixir: r/1 of IEx.
        """
        return self._loader.reload(module)

    def recompile(self) -> list[str]:
        """Reload your own modules whose files have changed; return their names.

        Elixir: recompile/0 of IEx.
        """
        return self._loader.reload_changed()


isolation.register(Helpers, reference=True)


def flush() -> None:
    """Print and take out all messages in the mailbox.

    Elixir: flush/0 of IEx.
    """
    colour = wants_colour(sys.stdout)
    for message in take_all():
        print(coloured(repr(message)) if colour else repr(message))


def _numbers(helper: str, parts: tuple[Any, ...]) -> list[int]:
    if len(parts) == 1 and isinstance(parts[0], str):
        found = _NUMBERS.fullmatch(parts[0].strip())
        if found:
            return [int(each) for each in found.groups() if each is not None]
    elif parts and all(type(each) is int for each in parts):
        return list(parts)
    raise ValueError(f'{helper}: expected numbers as in "0.58.0", got {brief(parts)}')


def pid(*parts: Any) -> Pid[Any]:
    """Return the pid that is shown as `#PID<0.58.0>`.

    Args:
        parts: "0.58.0", "#PID<0.58.0>", the numbers 0, 58, 0, or 58 alone.

    Returns:
        The Pid, of a dead process if there is none with these numbers.

    Raises:
        ValueError: these are no numbers of a pid.

    Elixir: pid/1 of IEx.
    """
    numbers = _numbers("pid", parts)
    number = numbers[0] if len(numbers) == 1 else numbers[1] + (sum(numbers[2:3]) << 28)
    for known in processes():
        if known.id == number:
            return known
    return ids.restore_pid(number, -1)


def ref(*parts: Any) -> Ref:
    """Return the reference that is shown as `#Reference<0.7>`.

    Args:
        parts: "0.7", "#Reference<0.7>", the numbers 0, 7, or 7 alone.

    Raises:
        ValueError: these are no numbers of a reference.

    Elixir: ref/1 of IEx.
    """
    return ids.restore_ref(_numbers("ref", parts)[-1])


def respawn() -> None:
    """Go on in a new evaluator, with a new pid and an empty mailbox.

    Elixir: respawn/0 of IEx.
    """
    raise Respawn


def clear() -> None:
    """Clear the screen.

    Elixir: clear/0 of IEx.
    """
    if wants_colour(sys.stdout):
        print("\x1b[H\x1b[2J", end="", flush=True)


def exit(*args: Any) -> bool:
    """Leave the shell, as Ctrl-D does; `exit(pid, reason)` sends an exit signal.

    Elixir: Process.exit/2, System.halt/0.
    """
    if args:
        return signal_exit(*args)
    raise SystemExit


def quit() -> None:
    """Leave the shell, as Ctrl-D does.

    Elixir: System.halt/0.
    """
    raise SystemExit
