"""Both builds of the core show the same to Python.

What a `.pxd` file declares with `cdef` alone belongs to C: it vanishes from the compiled
build. So nothing that stays interpreted may use it, and no `__all__` may name it.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

import aquavit
from tests.core.surface import Surface, surface

ROOT = Path(__file__).parents[2]
CORE = ROOT / "src" / "aquavit" / "core"
_LIST = re.search(r"^COMPILED_MODULES = (\(.*?^\))", (ROOT / "setup.py").read_text(), re.M | re.S)
assert _LIST is not None, "setup.py has no COMPILED_MODULES"
COMPILED_MODULES: list[str] = list(ast.literal_eval(_LIST[1]))
PATHS = sorted((ROOT / "src").rglob("*.py"))
INTERPRETED = [
    path
    for path in PATHS
    if path.parent != CORE or path.stem not in {*COMPILED_MODULES, "native", "watchdog"}
]
#: Attributes that these have as well say nothing about the core.
_KINDS = (str, list, dict, set, tuple, BaseException, SimpleQueue)
_BUILTINS = {name for kind in _KINDS for name in dir(kind)}


def defined(path: Path) -> set[str]:
    """Return the names of the functions and of the typed fields in a file."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    fields = [node.target for node in nodes if isinstance(node, ast.AnnAssign)]
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)} | {
        target.id for target in fields if isinstance(target, ast.Name)
    }


#: What interpreted classes have under a name that C uses too.
OWN = {name for path in INTERPRETED for name in defined(path)}


@pytest.fixture(name="interpreted", scope="module")
def load_interpreted() -> Surface:
    """Return what the interpreted twins show."""
    script = Path(__file__).with_name("surface.py")
    command = [sys.executable, str(script), *COMPILED_MODULES]
    done = subprocess.run(command, capture_output=True, text=True, timeout=15)
    assert done.returncode == 0, done.stderr
    loaded: Surface = json.loads(done.stdout)
    return loaded


@pytest.fixture(name="compiled", scope="module")
def load_compiled() -> Surface:
    """Return what the compiled modules show."""
    if not aquavit.COMPILED:
        pytest.skip("this is the interpreted build")
    return surface(COMPILED_MODULES)


def declarations() -> Iterator[tuple[str, str, bool]]:
    """Yield (class, attribute, whether Python sees it) from the `.pxd` files."""
    for path in sorted(CORE.glob("*.pxd")):
        cls = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if head := re.match(r"cdef class (\w+)", line):
                cls = head[1]
            elif line and not line[0].isspace():
                cls = ""
            elif cls and (found := re.match(r"\s+(cp?def)\s+(?!class)(.*)", line)):
                yield from _declared(cls, found[1], found[2])


def _declared(cls: str, keyword: str, rest: str) -> Iterator[tuple[str, str, bool]]:
    seen = keyword == "cpdef" or bool(re.match(r"(public|readonly)\b", rest))
    if method := re.search(r"(\w+)\s*\(", rest):
        yield cls, method[1], seen
        return
    for part in rest.split(","):
        yield cls, part.split()[-1], seen


def test_each_module_with_a_pxd_file_is_compiled() -> None:
    declared = {path.stem for path in CORE.glob("*.pxd")} - {"__init__", "native", "watchdog"}
    assert set(COMPILED_MODULES) == declared
    assert len(COMPILED_MODULES) == len(set(COMPILED_MODULES))
    assert all((CORE / f"{name}.py").exists() for name in COMPILED_MODULES)


def test_the_compiled_build_is_compiled_throughout() -> None:
    if not aquavit.COMPILED:
        pytest.skip("this is the interpreted build")
    for name in COMPILED_MODULES:
        module = __import__(f"aquavit.core.{name}", fromlist=["__file__"])
        assert Path(module.__file__ or "").suffix in (".so", ".pyd"), name


@pytest.mark.parametrize("module", COMPILED_MODULES)
def test_what_a_module_exports_is_in_both_builds(
    module: str, compiled: Surface, interpreted: Surface
) -> None:
    exported = __import__(f"aquavit.core.{module}", fromlist=["__all__"]).__all__
    assert set(exported) - set(compiled[module]) == set(), "vanished: take it out of __all__"
    assert set(exported) - set(interpreted[module]) == set()


@pytest.mark.parametrize("module", COMPILED_MODULES)
def test_classes_show_the_same_attributes_in_both_builds(
    module: str, compiled: Surface, interpreted: Surface
) -> None:
    of_c = {name for _, name, seen in declarations() if not seen}
    for name, shown in interpreted[module].items():
        if shown is None or name.startswith("_") or name not in compiled[module]:
            continue
        assert set(compiled[module][name]) - set(shown) == set(), name
        vanished = set(shown) - set(compiled[module][name])
        assert vanished - of_c == set(), f"{name}: neither public nor declared as C's own"


@pytest.mark.parametrize("path", INTERPRETED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_interpreted_code_uses_nothing_that_belongs_to_c(path: Path) -> None:
    seen = {name for _, name, visible in declarations() if visible} | _BUILTINS
    of_c = {name for _, name, visible in declarations() if not visible} - seen
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    others = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    used = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) not in {*others, "self"}
    }
    assert used & of_c - OWN == set()


@pytest.mark.parametrize("path", INTERPRETED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_interpreted_code_takes_only_what_a_compiled_module_has(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    aliases = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "aquavit.core"
        for alias in node.names
        if alias.name in COMPILED_MODULES
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            continue
        if node.value.id in aliases:
            name = f"aquavit.core.{aliases[node.value.id]}"
            module = __import__(name, fromlist=["__all__"])
            assert hasattr(module, node.attr), f"{name}.{node.attr}"
