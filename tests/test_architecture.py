"""The shape of the package: layers, cycles, sizes, docstrings, names, imports.

Everything is read from the source, so imports inside functions count as well. An import
for type checkers alone (`if TYPE_CHECKING`) counts for the layers and not for cycles.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import aquavit

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
LAYERS = ("core", "process", "otp", "cluster", "tools")
MOST_LINES = 500
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Import:
    """One imported module of the package, and whether only type checkers see it."""

    module: str
    typing_only: bool


class Module:
    """One file of the package."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self.tree = ast.parse(self.text)
        parts = path.relative_to(SOURCE).with_suffix("").parts
        self.name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def __str__(self) -> str:
        return self.name

    @property
    def layer(self) -> str | None:
        """The folder it lies in; the facade and `__main__` are in none."""
        part = f"{self.name}.".split(".")[1]
        return part if part in LAYERS else None

    @cached_property
    def imports(self) -> list[Import]:
        """What it imports from the package, wherever the import stands."""
        return list(self._imports(self.tree, typing_only=False))

    def _imports(self, node: ast.AST, *, typing_only: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from (Import(alias.name, typing_only) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{self}: relative import"
                for alias in child.names:
                    full = f"{child.module}.{alias.name}"
                    yield Import(full if full in NAMES else child.module or "", typing_only)
            elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                for part in child.body:
                    yield from self._imports(ast.Module([part], []), typing_only=True)
                for part in child.orelse:
                    yield from self._imports(ast.Module([part], []), typing_only=typing_only)
            else:
                yield from self._imports(child, typing_only=typing_only)

    @property
    def needs(self) -> set[str]:
        """The modules of its own layer that it imports at run time."""
        return {
            found.module
            for found in self.imports
            if not found.typing_only and found.module.startswith(f"aquavit.{self.layer}")
        } - {self.name}

    @property
    def exported(self) -> list[str] | None:
        """Its `__all__` if that is written out, else None."""
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and "__all__" in map(ast.unparse, node.targets):
                try:
                    return list(eval(compile(ast.Expression(node.value), "", "eval"), {}))
                except NameError:  # made from other facades
                    return None
        return None

    def is_public(self, name: str) -> bool:
        """Tell whether the module means `name` for others."""
        if self.exported is not None:
            return name in self.exported
        return not name.startswith("_")


PATHS = sorted((SOURCE / "aquavit").rglob("*.py"))
NAMES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    for path in PATHS
}
MODULES = [Module(path) for path in PATHS]
CORE = [module for module in MODULES if module.layer == "core"]
every_module = pytest.mark.parametrize("module", MODULES, ids=str)


def in_a_fresh_interpreter(code: str) -> str:
    """Return what `code` prints in a new Python that shows every warning as an error."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=15
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@every_module
def test_a_module_lies_in_a_layer(module: Module) -> None:
    assert module.layer is not None or module.name in (
        "aquavit",
        "aquavit.__main__",
        "aquavit.testing",
    )


@every_module
def test_a_module_imports_its_own_layer_or_a_lower_one(module: Module) -> None:
    if module.layer is None:
        pytest.skip("the facade and __main__ stand above the layers")
    allowed = LAYERS[: LAYERS.index(module.layer) + 1]
    wrong = [
        found.module
        for found in module.imports
        if found.module.split(".")[0] == "aquavit"
        and (found.module + ".").split(".")[1] not in allowed
    ]
    # The facade has the version; only the uppermost layer may ask it.
    assert wrong == [] or (module.layer == "tools" and set(wrong) == {"aquavit"})


@pytest.mark.parametrize("layer", LAYERS)
def test_there_is_no_cycle_within_a_layer(layer: str) -> None:
    graph = {module.name: module.needs for module in MODULES if module.layer == layer}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"cycle: {' <- '.join(error.args[1])}")


@pytest.mark.parametrize("folder", ["src", "tests", "benchmarks", "examples", "docs"])
def test_no_file_is_longer_than_it_may_be(folder: str) -> None:
    kinds = ("*.py", "*.pxd", "*.pyi", "*.h")
    files = [path for kind in kinds for path in (ROOT / folder).rglob(kind)]
    lines = {path.relative_to(ROOT): len(path.read_bytes().splitlines()) for path in files}
    assert {path: count for path, count in lines.items() if count > MOST_LINES} == {}


def undocumented(module: Module) -> Iterator[str]:
    """Yield the public definitions of `module` without a docstring."""
    if not ast.get_docstring(module.tree):
        yield "the module"
    for node in definitions(module.tree.body):
        if not module.is_public(node.name):
            continue
        if not ast.get_docstring(node):
            yield node.name
        if isinstance(node, ast.ClassDef):
            for method in definitions(node.body):
                if not method.name.startswith("_") and not ast.get_docstring(method):
                    yield f"{node.name}.{method.name}"


def definitions(body: list[ast.stmt]) -> Iterator[Definition]:
    """Yield the functions and classes of `body`, overloads and types apart."""
    for node in body:
        if isinstance(node, Definition) and "overload" not in map(ast.unparse, node.decorator_list):
            yield node


@every_module
def test_a_module_and_each_public_function_have_a_docstring(module: Module) -> None:
    assert list(undocumented(module)) == []


@every_module
def test_the_first_line_of_a_docstring_is_short_and_ends_with_a_period(module: Module) -> None:
    for node in [module.tree, *ast.walk(module.tree)]:
        text = ast.get_docstring(node) if isinstance(node, (ast.Module, Definition)) else None
        if text:
            first = text.splitlines()[0]
            assert len(first) <= 85, f"too long: {first}"
            assert first[-1] in ".:", f"without a period: {first}"


def test_a_public_name_is_exported_once() -> None:
    assert sorted(aquavit.__all__) == sorted(set(aquavit.__all__))
    for name in aquavit.__all__:
        assert hasattr(aquavit, name), name


def test_what_the_facade_shows_is_exported() -> None:
    # pytest puts names that are none into the modules of its plugins.
    shown = {name for name in vars(aquavit) if name[0].isalpha()}
    packages = {*LAYERS, "annotations", "testing"}
    assert shown - packages - set(aquavit.__all__) == set()


def test_a_public_name_has_one_meaning() -> None:
    for layer in ("process", "otp"):
        package = __import__(f"aquavit.{layer}", fromlist=["__all__"])
        for name in package.__all__:
            assert getattr(aquavit, name) is getattr(package, name), name


@every_module
def test_what_a_module_exports_is_there(module: Module) -> None:
    if module.path.with_suffix(".pxd").exists() or module.name.endswith("__main__"):
        pytest.skip("a program, or a compiled module: tests/core/test_parity.py has those")
    imported = __import__(module.name, fromlist=["__all__"])
    assert [n for n in getattr(imported, "__all__", ()) if not hasattr(imported, n)] == []


def test_importing_the_package_loads_neither_cluster_nor_tools() -> None:
    code = "import sys, aquavit; print(*(name for name in sys.modules if 'aquavit.' in name))"
    loaded = {name.split(".")[1] for name in in_a_fresh_interpreter(code).split()}
    assert loaded <= {"core", "process", "otp"}


@pytest.mark.parametrize("module", CORE, ids=str)
def test_a_core_module_imports_alone(module: Module) -> None:
    # The facade is put aside: importing it first would import everything else.
    code = f"""
import importlib.util, sys, types
package = types.ModuleType("aquavit")
package.__path__ = list(importlib.util.find_spec("aquavit").submodule_search_locations)
sys.modules["aquavit"] = package
import {module.name}
print(*sys.modules)
"""
    loaded = [name for name in in_a_fresh_interpreter(code).split() if name.startswith("aquavit.")]
    assert {name.split(".")[1] for name in loaded} == {"core"}
