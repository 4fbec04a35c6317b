"""Builds the compiled core; everything else is in pyproject.toml.

    AQUAVIT_PURE=1              do not compile; the same sources run interpreted
    AQUAVIT_REQUIRE_COMPILED=1  a core that does not compile fails the build
    AQUAVIT_DEBUG_BUILD=1       with C assertions and without optimisation
    AQUAVIT_SANITIZE=1          with AddressSanitizer and UndefinedBehaviourSanitizer
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

CORE = Path("src/aquavit/core")

#: The modules of aquavit.core that are compiled, lowest first. The only such list.
COMPILED_MODULES = (
    "ids",
    "signals",
    "immutability",
    "isolation",
    "matching",
    "mailbox",
    "process",
    "relations",
    "timers",
    "task",
    "scheduler",
    "runtime",
    "receiving",
    "calls",
)

# nonecheck: a None where a process is expected must raise, never crash the interpreter.
DIRECTIVES = {
    "language_level": 3,
    "annotation_typing": False,
    "binding": False,
    "boundscheck": False,
    "embedsignature": True,
    "initializedcheck": False,
    "nonecheck": True,
    "wraparound": False,
}


def asked(name: str) -> bool:
    """Tell whether the environment variable is set to something but 0."""
    return os.environ.get(name, "0") not in ("", "0")


def compile_flags() -> list[str]:
    """Return the C compiler's flags."""
    if sys.platform == "win32":
        return ["/O2"]
    if asked("AQUAVIT_SANITIZE"):
        return ["-O1", "-g", "-UNDEBUG", "-fsanitize=address,undefined", "-fno-omit-frame-pointer"]
    return ["-O1", "-g", "-UNDEBUG"] if asked("AQUAVIT_DEBUG_BUILD") else ["-O3", "-g0"]


def link_flags() -> list[str]:
    """Return the linker's flags."""
    return ["-fsanitize=address,undefined"] if asked("AQUAVIT_SANITIZE") else []


def extensions() -> list[Extension]:
    """Return the compiled modules, translated to C."""
    from Cython.Build import cythonize

    declared = {path.stem for path in CORE.glob("*.pxd")} - {"__init__", "native"}
    if declared != set(COMPILED_MODULES):
        raise SystemExit(f"setup.py: COMPILED_MODULES and the .pxd files differ: {declared}")
    depends = [str(CORE / "native.h"), *map(str, sorted(CORE.glob("*.pxd")))]
    modules = [
        Extension(
            f"aquavit.core.{name}",
            [str(CORE / f"{name}.py")],
            include_dirs=[str(CORE)],
            depends=depends,
            extra_compile_args=compile_flags(),
            extra_link_args=link_flags(),
        )
        for name in COMPILED_MODULES
    ]
    return cythonize(modules, compiler_directives=DIRECTIVES, build_dir="build/c", quiet=True)


def warn(problem: object) -> None:
    """Say loudly that the core will run interpreted."""
    line = "*" * 78
    print(
        f"{line}\naquavit: THE CORE WAS NOT COMPILED: {problem}\n"
        "It will run interpreted: complete, but some twenty times slower.\n"
        "A C compiler and Python's headers are needed; AQUAVIT_REQUIRE_COMPILED=1 makes\n"
        f"this an error, AQUAVIT_PURE=1 asks for it. `aquavit --version` tells.\n{line}",
        file=sys.stderr,
    )


class BuildCore(build_ext):
    """Compiles all of the core, or none of it."""

    def run(self) -> None:
        """Build; fall back to the sources as they are."""
        try:
            super().run()
        except Exception as problem:
            if asked("AQUAVIT_REQUIRE_COMPILED"):
                raise
            warn(problem)
            for extension in self.extensions:
                Path(self.get_ext_fullpath(extension.name)).unlink(missing_ok=True)
            self.extensions = []


setup(
    ext_modules=[] if asked("AQUAVIT_PURE") else extensions(),
    cmdclass={"build_ext": BuildCore},
)
