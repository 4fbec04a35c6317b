"""Loading what `aquavit run` is to run: a script, or a function of a module.

A script is compiled with `await` allowed at its top level and becomes the module
`__main__`, with `sys.argv`, `sys.path[0]` and `__file__` as Python itself sets them.

Elixir: Code.require_file/2.
"""

from __future__ import annotations

import ast
import builtins
import difflib
import functools
import importlib
import inspect
import os
import re
import sys
import types
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from typing import Any

from aquavit.core.exits import brief
from aquavit.tools import application

__all__ = [
    "Refused",
    "load_function",
    "load_script",
    "make_main",
    "names_function",
    "set_up",
]

_DOTTED = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_FUNCTION = re.compile(rf"({_DOTTED}):({_DOTTED})")


class Refused(Exception):
    """Raised when there is nothing to run; the text says what was expected."""


def names_function(target: str) -> bool:
    """Tell whether `target` is package.module:function, and not a file."""
    return _FUNCTION.fullmatch(target) is not None and not os.path.exists(target)


# --- scripts


def load_script(path: str, args: list[str]) -> Callable[[], Any]:
    """Make the script `__main__` and return a function that runs its code.

    That function returns a coroutine if the code awaits at its top level.

    Raises:
        Refused: there is no such file.
        SyntaxError: it does not parse.
    """
    source = _read(path)
    absolute = os.path.join(os.getcwd(), path)  # as Python does, `..` and all
    try:
        code = compile(source, absolute, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True)
    except (SyntaxError, ValueError) as error:
        if getattr(error, "filename", None) is not None:
            raise
        # A null byte, which Python does not say where it has found.
        raise SyntaxError(f"{path}: {error}") from None
    set_up(path, args, os.path.dirname(os.path.realpath(path)))
    names = make_main(absolute).__dict__

    def run_script() -> Any:
        return eval(code, names)

    run_script.__module__, run_script.__qualname__ = "__main__", "<module>"
    return run_script


def _read(path: str) -> bytes:
    if os.path.isdir(path):
        raise Refused(f"expected a script, got {brief(path)}, which is a directory")
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        hint = "" if path.endswith(".py") else "\na function is written package.module:function"
        raise Refused(f"expected a script, got {brief(path)}, which does not exist{hint}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise Refused(f"expected a readable script, got {brief(path)}: {reason}") from None


def set_up(program: str, args: list[str], directory: str) -> None:
    """Set `sys.argv` and `sys.path[0]` as Python does for a program."""
    sys.argv[:] = [program, *args]
    if not sys.flags.safe_path:
        sys.path[0] = directory


def make_main(path: str | None) -> types.ModuleType:
    """Put a new module in the place of `__main__`, as Python starts one; None for no file."""
    module = types.ModuleType("__main__")
    if path is not None:
        module.__file__ = path
        module.__loader__ = SourceFileLoader("__main__", path)
    module.__dict__["__builtins__"] = builtins
    if sys.version_info < (3, 15):
        module.__dict__["__cached__"] = None
    sys.modules["__main__"] = module
    return module


# --- functions


def load_function(target: str, args: list[str]) -> Callable[..., Any]:
    """Import package.module and return its function, which must take `args`.

    Raises:
        Refused: there is no such module or function, or it does not take them.
        Exception: what the module raises when it is imported.
    """
    module_name, _, path = target.partition(":")
    set_up(target, args, os.getcwd())
    found: Any = _module(module_name)
    for name in path.split("."):
        if not hasattr(found, name):
            raise Refused(_missing(module_name, path, name, found))
        found = getattr(found, name)
    called: Any = found
    if application.names_application(called):
        called = functools.partial(called.init, None)
    elif not callable(found) or isinstance(found, type):
        raise Refused(f"expected a function or an Application, got {brief(found)} as {target}")
    _check_arguments(target, called, args)
    return found  # type: ignore[no-any-return]


def _module(name: str) -> types.ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        raise Refused(f"expected a module, got {name!r}: {error.msg}") from None


def _missing(module: str, path: str, name: str, holder: Any) -> str:
    text = f"expected a function of {module}, got {path!r}, which it does not have"
    near = difflib.get_close_matches(name, dir(holder), 1)
    return f"{text}\ndid you mean {near[0]!r}?" if near else text


def _check_arguments(target: str, fn: Callable[..., Any], args: list[str]) -> None:
    try:
        signature = inspect.signature(fn)
    except ValueError:  # a builtin that does not tell
        return
    try:
        signature.bind(*args)
    except TypeError as error:
        wanted = f"{target}{signature}"
        if len(wanted) > 80:
            wanted = wanted[:77] + "..."
        raise Refused(f"expected arguments for {wanted}, got {args}\n{error}") from None
