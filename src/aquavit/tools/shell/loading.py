"""Loading and reloading code: `c`, `r`, `recompile`, and the start file.

A reload runs the file again in the same module, so that whoever has the module sees the
new code. A process goes on with the function that it was started with, as in Erlang one
does until it calls itself through its module.

Elixir: c/1, r/1 and recompile/0 of IEx.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import os
import sys
import sysconfig
import time
import types
from collections.abc import Callable
from typing import Any

from aquavit.core.exits import brief

__all__ = ["Loader", "start_file"]

_INSTALLED = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})


def start_file() -> str | None:
    """Return the path of the first `.aquavit.py`, here or at home; None for none.

    Elixir: .iex.exs.
    """
    for directory in (os.getcwd(), os.path.expanduser("~")):
        path = os.path.join(directory, ".aquavit.py")
        if os.path.isfile(path):
            return path
    return None


class Loader:
    """Loads code into the namespace of a shell.

    Elixir: the code server.
    """

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names
        self.loaded: dict[str, float] = {}
        self.began = time.time()

    def run_file(self, path: str) -> Callable[[], Any]:
        """Return a function that runs a file with the names of the shell."""

        def run() -> Any:
            with open(path, "rb") as file:
                source = file.read()
            code = compile(source, path, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True)
            return eval(code, self.names)

        return run

    def load(self, target: str) -> types.ModuleType:
        """Import a module by its file or its name, and bind it to its last name.

        Raises:
            FileNotFoundError: there is no such file.
            ImportError: no such module, or another one has that name.
        """
        if target.endswith(".py"):
            module = self._load_file(os.path.abspath(target))
        else:
            module = importlib.import_module(target)
        self.names[module.__name__.rpartition(".")[2]] = module
        return module

    def _load_file(self, path: str) -> types.ModuleType:
        name = os.path.basename(path).removesuffix(".py")
        known = sys.modules.get(name)
        if known is not None:
            if os.path.realpath(getattr(known, "__file__", None) or "") != os.path.realpath(path):
                raise ImportError(f"c: expected a name that is free, got {name!r}: {known!r}")
            return self.reload(known)
        if not os.path.isfile(path):
            raise FileNotFoundError(f"c: expected a file, got {brief(path)}, which is none")
        if os.path.dirname(path) not in sys.path:
            sys.path.append(os.path.dirname(path))  # for what it imports from beside it
        spec: Any = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            self._execute(module, path)
        except BaseException:
            del sys.modules[name]
            raise
        return module

    def reload(self, module: types.ModuleType | str) -> types.ModuleType:
        """Run a module's file again; names taken from it before are bound anew.

        Raises:
            ImportError: there is no such module.
        """
        if isinstance(module, str):
            if module not in sys.modules:
                raise ImportError(f"r: expected a module that is loaded, got {module!r}")
            module = sys.modules[module]
        if not isinstance(module, types.ModuleType):
            raise TypeError(f"r: expected a module or its name, got {brief(module)}")
        before = dict(module.__dict__)
        path = _source(module)
        if path is None:
            module = importlib.reload(module)
        else:
            self._execute(module, path)
        for name, value in list(self.names.items()):
            if name in before and before[name] is value and name[:2] != "__":
                self.names[name] = module.__dict__.get(name, value)
        return module

    def _execute(self, module: types.ModuleType, path: str) -> None:
        # Not through the loader: its cache knows the time of a file to the second only.
        with open(path, "rb") as file:
            source = file.read()
        self.loaded[module.__name__] = time.time()
        exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)

    def reload_changed(self) -> list[str]:
        """Reload the user's modules whose files have changed; return their names."""
        changed = []
        for name, module in list(sys.modules.items()):
            path = _source(module)
            if path is None or name == "__main__" or path.startswith(_INSTALLED):
                continue
            try:
                written = os.stat(path).st_mtime
            except OSError:  # it is gone
                continue
            if written > self.loaded.get(name, self.began):
                changed.append(name)
        for name in changed:
            self.reload(name)
        return changed


def _source(module: object) -> str | None:
    """Return the path of a module's source."""
    path = getattr(module, "__file__", None)
    return path if isinstance(path, str) and path.endswith(".py") else None
