"""What Python sees of the core's compiled modules; of either build.

As a program, `python tests/core/surface.py MODULE...` prints it for the interpreted twins,
which it loads from the `.py` files beside the compiled ones.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import json
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

__all__ = ["Surface", "surface"]

#: module -> name -> the public attributes of a class, or None for anything else
Surface = dict[str, dict[str, Any]]

#: The flag of a class that is no extension type (Py_TPFLAGS_HEAPTYPE).
_ORDINARY = 1 << 9


class SourceOnly:
    """A finder that takes the modules of the core from their source."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return the spec of the `.py` file."""
        package, _, module = name.rpartition(".")
        if package != "aquavit.core":
            return None
        return importlib.util.spec_from_file_location(name, Path(path[0]) / f"{module}.py")


def surface(modules: list[str]) -> Surface:
    """Return the public names of `modules` and the attributes of their classes."""
    found: Surface = {}
    for module in modules:
        loaded = importlib.import_module(f"aquavit.core.{module}")
        found[module] = {name: None for name in loaded.__all__ if name in vars(loaded)}
        for name, value in vars(loaded).items():
            if _is_own(value, loaded):
                found[module][name] = attributes(value)
    return found


def _is_own(value: object, module: Any) -> bool:
    return isinstance(value, type) and value.__module__ == module.__name__


def attributes(cls: type) -> list[str]:
    """Return what an instance of `cls` shows without an underscore."""
    names = {name for base in cls.__mro__[:-1] for name in [*vars(base), *_assigned(base)]}
    return sorted(name for name in names if not name.startswith("_"))


def _assigned(cls: type) -> set[str]:
    """Return what the methods of an ordinary class assign to `self`."""
    if not cls.__module__.startswith("aquavit.core.") or not cls.__flags__ & _ORDINARY:
        return set()
    package, _, module = cls.__module__.rpartition(".")
    path = Path(sys.modules[package].__path__[0], f"{module}.py")
    source = path.read_text(encoding="utf-8")
    body = next(
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and node.name == cls.__name__
    )
    return {
        node.attr
        for node in ast.walk(body)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and ast.unparse(node.value) == "self"
    }


if __name__ == "__main__":
    sys.meta_path.insert(0, SourceOnly)  # type: ignore[arg-type]
    json.dump(surface(sys.argv[1:]), sys.stdout)
