"""Where a process may be taken off the core, and where not.

Code that relies on nothing else running until it awaits must not be interrupted: asyncio,
locks and queues of threads, imports, logging, packages of others, the runtime itself. So
the whole call stack is looked at, and every frame must be

    the user's own code, or
    a module of the standard library that holds no state of the kind (`_HARMLESS`), or
    in a package that `allow` was told of.

A signal handler may also be called by C code in the middle of a call, where a file, for
example, is locked against its own thread; only `time.sleep` may be left there (`is_asleep`),
and what waits for a lock. Elsewhere the handler asks to be called again (`watchdog`). That
would never come to pass in a loop that computes with long numbers, or formats: each of these
looks for signals, and so takes them all. They call nothing else, and may be left (`is_operator`).

Erlang: none; nothing there holds state that others could see half done.
"""

from __future__ import annotations

import dis
import functools
import os
import time
import types

__all__ = ["allow", "barred", "is_asleep", "is_operator"]

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_PACKAGE = os.path.dirname(os.path.dirname(_HERE)) + os.sep
_LIBRARY = os.path.dirname(os.__file__) + os.sep
_OTHERS = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")

#: Modules of the standard library that may stand on the stack.
_HARMLESS_NAMES = (
    "__future__ _collections_abc _pydecimal _strptime abc argparse array ast bisect calendar "
    "codecs collections colorsys configparser contextlib copy csv dataclasses datetime decimal "
    "difflib dis email encodings enum fnmatch fractions functools genericpath glob graphlib "
    "hashlib heapq hmac html inspect ipaddress itertools json keyword locale math mimetypes "
    "ntpath numbers operator os pathlib pickle pickletools platform plistlib posixpath pprint "
    "quopri random re reprlib runpy shlex shutil sre_compile sre_constants sre_parse stat "
    "statistics string stringprep struct tarfile textwrap timeit token tokenize tomllib "
    "traceback types typing unicodedata urllib uuid wave xml zipfile zoneinfo"
)
_HARMLESS = frozenset(_HARMLESS_NAMES.split())
#: Functions of the core below which the user's code runs as it is; all else of it is barred.
_CARRIERS = frozenset(
    [
        *((_HERE + "native.py", name) for name in ("call", "step", "throw")),
        *((_HERE + "plain.py", name) for name in ("of", "wait")),
        (_HERE + "closing.py", "close"),
        *((_HERE + "runtime.py", name) for name in ("close", "shut")),
        *((_HERE + "simulated.py", name) for name in ("run_slice",)),
        *((_HERE + "stacks.py", name) for name in ("serve",)),
        *(
            (_HERE + "scheduler.py", name)
            for name in ("advance_interpreted", "begin", "drive", "resume", "run_slice", "step")
        ),
        (_HERE + "scheduler.py", "throw_in"),
        (_HERE + "waiting.py", "run"),
    ]
)
_FREE, _OURS, _CORE, _LOCKED = "free", "ours", "core", "locked"
_kinds: dict[str, tuple[str, str]] = {}
_allowed: set[str] = set()


def allow(package: str) -> None:
    """Let processes be taken off in the code of `package`."""
    _allowed.add(package)
    _kinds.clear()


def barred(frame: types.FrameType) -> str | None:
    """Return what on the stack of `frame` must not be interrupted, None if nothing."""
    innermost = True
    at: types.FrameType | None = frame
    while at is not None:
        code = at.f_code
        found = _kinds.get(code.co_filename)
        kind, what = found or _classify(code.co_filename, at.f_globals.get("__name__"))
        if kind is not _FREE:
            if kind is _LOCKED:
                return what
            if kind is _OURS and innermost:
                return what
            if kind is _CORE and (innermost or (code.co_filename, code.co_name) not in _CARRIERS):
                return what
        if code.co_name == "__del__":  # it may run in the middle of anything
            return "__del__"
        innermost = False
        at = at.f_back
    return None


def _classify(filename: str, name: object) -> tuple[str, str]:
    """Find out, once for each file, what kind of code it holds."""
    module = name if isinstance(name, str) else ""
    top = module.partition(".")[0]
    kind = _kind(filename, module, top)
    found = (kind, top if kind is not _CORE else "the runtime")
    _kinds[filename] = found
    return found


def _kind(filename: str, module: str, top: str) -> str:
    if filename.startswith(_HERE):
        return _CORE
    if filename.startswith(_PACKAGE):
        return _OURS
    if top in _allowed or module in _allowed:
        return _FREE
    if any(part in filename for part in _OTHERS):
        return _LOCKED
    if filename.startswith("<frozen ") or filename.startswith(_LIBRARY):
        standard = _standard_name(filename)
        return _FREE if standard in _HARMLESS else _LOCKED
    return _FREE


def _standard_name(filename: str) -> str:
    """Return the module that a file of the standard library belongs to."""
    if filename.startswith("<frozen "):
        return filename[8:-1].partition(".")[0]
    return filename.removeprefix(_LIBRARY).split(os.sep)[0].removesuffix(".py")


# --- in the middle of a call

_CALLS = frozenset({"PRECALL", "CALL", "CALL_KW"})


def is_asleep(frame: types.FrameType) -> bool:
    """Tell whether what `frame` calls where the handler was called is time.sleep."""
    if dis.opname[frame.f_code.co_code[frame.f_lasti]] not in _CALLS:
        return False
    path = _callee(frame.f_code, frame.f_lasti)
    if not path:
        return False
    value = frame.f_globals.get(path[0])
    for name in path[1:]:
        value = vars(value).get(name) if isinstance(value, types.ModuleType) else None
    return value is time.sleep


_OPERATORS = frozenset(
    {"BINARY_OP", "CONVERT_VALUE", "FORMAT_SIMPLE", "FORMAT_VALUE", "FORMAT_WITH_SPEC"}
)


def is_operator(frame: types.FrameType) -> bool:
    """Tell whether `frame` is at an operator or a formatted string, and not at a call."""
    return dis.opname[frame.f_code.co_code[frame.f_lasti]] in _OPERATORS


@functools.lru_cache(maxsize=256)
def _callee(code: types.CodeType, offset: int) -> tuple[str, ...]:
    """Return the names by which the function called at `offset` was reached."""
    before = [each for each in dis.get_instructions(code) if each.offset <= offset]
    argc = before[-1].arg or 0
    steps = [each for each in before[:-1] if each.opname not in _PADDING]
    pushed = 0
    while pushed < argc and steps:
        pushed += dis.stack_effect(steps[-1].opcode, steps[-1].arg, jump=False)
        steps.pop()
    names: list[str] = []
    while steps and steps[-1].opname in ("LOAD_ATTR", "LOAD_METHOD"):
        names.append(str(steps.pop().argval))
    if steps and steps[-1].opname.startswith("LOAD_"):
        names.append(str(steps[-1].argval))
    return tuple(reversed(names))


_PADDING = frozenset({"CACHE", "EXTENDED_ARG", "KW_NAMES", "NOP", "PRECALL", "PUSH_NULL"})
