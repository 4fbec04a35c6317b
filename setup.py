"""Builds the compiled core; everything else is in pyproject.toml.

What the environment may ask for:

    AQUAVIT_PURE=1              do not compile; the same sources run interpreted
    AQUAVIT_REQUIRE_COMPILED=1  a core that does not compile fails the build
    AQUAVIT_DEBUG_BUILD=1       with C assertions, for a debugger
    AQUAVIT_SANITIZE=1          with AddressSanitizer and UndefinedBehaviourSanitizer
"""

from __future__ import annotations

import contextlib
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
    "stacks",
    "deadlines",
    "scheduler",
    "delivery",
    "runtime",
    "preemption",
    "simulated",
    "receiving",
    "calls",
    "requests",
    "serving",
    "tables",
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


def flavour() -> str:
    """Return which build is asked for; each has its own folder below build/."""
    if asked("AQUAVIT_PURE"):
        if asked("AQUAVIT_REQUIRE_COMPILED"):
            raise SystemExit("setup.py: AQUAVIT_PURE and AQUAVIT_REQUIRE_COMPILED are both set")
        return "pure"
    if asked("AQUAVIT_SANITIZE"):
        return "sanitize"
    return "debug" if asked("AQUAVIT_DEBUG_BUILD") else "compiled"


def compile_flags() -> list[str]:
    """Return the C compiler's flags."""
    if sys.platform == "win32":
        return ["/O2"] if flavour() == "compiled" else ["/Od", "/UNDEBUG"]
    if flavour() == "compiled":
        return ["-O3", "-g0", "-fno-plt"]
    return ["-O1", "-g", "-UNDEBUG", *sanitizers()]


def sanitizers() -> list[str]:
    """Return the flags that the compiler and the linker take alike."""
    if flavour() != "sanitize" or sys.platform == "win32":
        return []
    # greenlet moves pieces of the stack, which its guards would take for an overrun.
    flags = ["-fsanitize=address,undefined", "-fno-omit-frame-pointer", "--param=asan-stack=0"]
    return flags


def extensions() -> list[Extension]:
    """Return the modules to compile."""
    if flavour() == "pure":
        return []
    declared = {path.stem for path in CORE.glob("*.pxd")} - {"__init__", "native", "watchdog"}
    if declared != set(COMPILED_MODULES):
        unlike = sorted(declared ^ set(COMPILED_MODULES))
        raise SystemExit(f"setup.py: COMPILED_MODULES and the .pxd files differ in {unlike}")
    headers = ["setup.py", *map(str, CORE.glob("*.h")), *map(str, sorted(CORE.glob("*.pxd")))]
    return [
        Extension(
            f"aquavit.core.{name}",
            [str(CORE / f"{name}.py")],
            include_dirs=[str(CORE)],
            depends=headers,
            extra_compile_args=compile_flags(),
            extra_link_args=sanitizers(),
        )
        for name in COMPILED_MODULES
    ]


def translate(modules: list[Extension]) -> list[Extension]:
    """Return `modules` with C sources; what is up to date is not translated again."""
    from Cython.Build import cythonize

    made = [Path("build/c", CORE, f"{name}.c") for name in COMPILED_MODULES]
    # The directives above, and the layouts of types that other modules have compiled in.
    shared = [Path("setup.py"), CORE / "native.h", *CORE.glob("*.pxd")]
    changed = max(path.stat().st_mtime for path in shared)
    stale = any(path.exists() and path.stat().st_mtime < changed for path in made)
    return cythonize(
        modules, compiler_directives=DIRECTIVES, build_dir="build/c", force=stale, quiet=True
    )


def warn(problem: BaseException) -> None:
    """Say loudly that the core will run interpreted."""
    line = "*" * 78
    text = (
        f"{line}\naquavit: THE CORE WAS NOT COMPILED: {type(problem).__name__}: {problem}\n"
        "It will run interpreted: complete, but many times slower.\n"
        "A C compiler and Python's headers are needed; AQUAVIT_REQUIRE_COMPILED=1 makes\n"
        f"this an error, AQUAVIT_PURE=1 asks for it. `aquavit --version` tells.\n{line}"
    )
    print(text, file=sys.stderr)
    if not sys.stderr.isatty():  # pip hides what a build writes, unless the build fails
        with contextlib.suppress(OSError), open("/dev/tty", "w") as terminal:
            print(text, file=terminal)


class BuildCore(build_ext):
    """Compiles all of the core, or none of it."""

    def finalize_options(self) -> None:
        """Translate to C: here, so that asking for metadata does not."""
        modules = self.distribution.ext_modules
        if modules and modules[0].sources[0].endswith(".py"):
            try:
                self.distribution.ext_modules = translate(modules)
            except Exception as problem:
                self.fall_back(problem)
                self.distribution.ext_modules = []
        self.parallel = self.parallel or os.cpu_count()
        super().finalize_options()

    def run(self) -> None:
        """Compile, and fall back to the sources as they are."""
        in_place = self.inplace
        try:
            super().run()
        except Exception as problem:
            self.fall_back(problem)
            for extension in self.extensions:
                for self.inplace in (False, in_place):
                    Path(self.get_ext_fullpath(extension.name)).unlink(missing_ok=True)
            self.extensions = []

    def fall_back(self, problem: Exception) -> None:
        """Warn of `problem`, or raise it if a compiled core is demanded."""
        if asked("AQUAVIT_REQUIRE_COMPILED"):
            raise problem
        warn(problem)


setup(
    ext_modules=extensions(),
    cmdclass={"build_ext": BuildCore},
    options={"build": {"build_base": f"build/{flavour()}"}},
)
