"""The Python twin of the oracle's `_t.exs`: labels, trace lines, small helpers.

A scenario prints lines `tag: term`, the term as Elixir's `inspect` shows it, so that they
can be compared with the `.out` file as text. The mapping, all of it:

    Python                          printed as
    str                             an atom, `:normal`, `:nonode@nohost`
    Text("world")                   a string, `"world"`
    True, False, None               `true`, `false`, `nil`
    tuple, list, dict               `{...}`, `[...]`, `%{...}`; a list of (str, value) pairs is a
                                    keyword list, `[peer: :dead]`
    Pid, Ref                        P0 (main), P1, ... and R1, ... in the order of first print,
                                    or the label that `name` gave
    a function                      FUN
    Exit(pid, reason)               `{:EXIT, pid, reason}`
    Down(ref, pid, reason)          `{:DOWN, ref, :process, pid, reason}`
    an exception                    `{%RuntimeError{message: "oops"}, STACK}`: it is the reason,
                                    and brings its own traceback
    KeyError(k)                     `{%KeyError{key: k, term: %{}, message: nil}, STACK}`: Python's
                                    does not keep the container
    StartError                      its reason
    Call, Cast                      `{:"$gen_call", {pid, ref}, request}`, `{:"$gen_cast", request}`
    ValueError, as a class          `ArgumentError`
    Verbatim("x")                   `x`

A call that fails exits in Elixir, and raises CallError or NoProcess here: both are printed as
`{:exit, {reason, {GenServer, :call, [server, request, timeout]}}}`. Likewise TaskError, as
`{:exit, {reason, {Task, :await, :args}}}`; an exit reason that is such an error is
`{reason, {Task, :await, :args}}`. `Ok(value)` and `Exited(reason)` are `{:ok, value}` and
`{:exit, reason}`.
What a start function gives in Elixir, `{:ok, pid}`, `:ignore` or `{:error, reason}`, is
printed by `started`. A pid in the text of an error is printed as `#P1`.

In calls: milliseconds are seconds; `exit(r)` is `raise ProcessExit(r)`; `spawn(m, f, a)` is
`spawn(fn, *args)`; `{:ok, pid}` of a start function is the Pid; `Process.info(p, key)` is a
field of `process_info(p)`. Waits that only let others come to rest are `settle()`.

What the language itself refuses raises TypeError, ValueError or NoProcess, where Elixir raises
ArgumentError, ErlangError or FunctionClauseError: a port states both classes (`attempt`). The
words of such errors are the language's own, and are printed as TEXT on both sides (`stated`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aquavit
from aquavit import (
    Call,
    CallError,
    Cast,
    Down,
    Exit,
    Exited,
    NoProcess,
    Ok,
    Pid,
    ProcessExit,
    Ref,
    StartError,
    TaskError,
)
from tests.support import info, settled

#: The lines printed so far, as (tag, text of the term).
lines: list[tuple[str, str]] = []
_labels: dict[object, str] = {}
_counts = {"P": 0, "R": 0}
_MISUSE = re.compile(r'\{:raise, (ArgumentError|ErlangError|FunctionClauseError), ".*"\}')
_ATOM = re.compile(r"[A-Za-z_][A-Za-z0-9_@]*[?!]?")
_CONSTANTS = {True: "true", False: "false", None: "nil"}
_FOREVER = 5.0


@dataclass(frozen=True)
class Text:
    """A string of Elixir, where a plain `str` stands for an atom."""

    value: str


@dataclass(frozen=True)
class Verbatim:
    """Text that is printed as it is."""

    value: str


# --- labels and lines


def start() -> None:
    """Begin a trace; the caller is P0."""
    lines.clear()
    _labels.clear()
    _counts.update(P=0, R=0)
    _labels[aquavit.self()] = "P0"


def name(value: Any, label: str) -> Any:
    """Give a process or a reference a fixed label; return it."""
    _labels[value] = label
    return value


def forget(value: Any) -> None:
    """Let go of a label."""
    _labels.pop(value, None)


def p(tag: str, term: object) -> None:
    """Print one line of the trace."""
    lines.append((tag, show(term)))


def stated(line: str) -> str:
    """Return a line of the oracle as the mapping states it."""
    return _MISUSE.sub(r"{:raise, \1, TEXT}", line)


def _label(value: object, prefix: str) -> str:
    if value not in _labels:
        _counts[prefix] += 1
        _labels[value] = f"{prefix}{_counts[prefix]}"
    return _labels[value]


# --- terms


def show(term: Any) -> str:
    """Return a term as Elixir's `inspect` shows it."""
    if term is None or isinstance(term, (int, float)):
        return _CONSTANTS[term] if term is None or isinstance(term, bool) else repr(term)
    if isinstance(term, (Text, Verbatim)):
        return term.value if isinstance(term, Verbatim) else _quoted(term.value)
    if isinstance(term, (Pid, Ref)):
        return _label(term, "P" if isinstance(term, Pid) else "R")
    if isinstance(term, str):
        return f":{_key(term)}"
    if isinstance(term, type):
        return "ArgumentError" if term is ValueError else term.__name__
    return _show_compound(term)


def _show_compound(term: Any) -> str:
    if isinstance(term, Exit):
        return show(("EXIT", term.pid, term.reason))
    if isinstance(term, Down):
        return show(("DOWN", term.ref, "process", term.pid, term.reason))
    if isinstance(term, (Call, Cast)):
        return show(_as_tuple(term))
    if isinstance(term, (Ok, Exited)):
        return show(("ok", term.value) if isinstance(term, Ok) else ("exit", term.reason))
    if isinstance(term, TaskError):
        return show(awaited(term))
    if isinstance(term, BaseException):
        return _show_error(term)
    if isinstance(term, tuple):
        return f"{{{', '.join(map(show, term))}}}"
    if isinstance(term, list):
        items = [_as_tuple(item) for item in term]
        return f"[{_pairs(items) if _is_keyword(items) else ', '.join(map(show, items))}]"
    if isinstance(term, dict):
        return f"%{{{_pairs(sorted(term.items()))}}}"
    if callable(term):
        return "FUN"
    raise TypeError(f"show: no mapping for {term!r}")


def _as_tuple(term: Any) -> Any:
    """Return a message of a behaviour as the tuple that it is in Elixir."""
    if isinstance(term, Call):
        return "$gen_call", (term.from_.pid, term.from_), term.request
    return ("$gen_cast", term.request) if isinstance(term, Cast) else term


def _show_error(term: BaseException) -> str:
    if isinstance(term, StartError):
        return show(term.reason)
    if isinstance(term, KeyError):
        return f"{{%KeyError{{key: {show(term.args[0])}, term: %{{}}, message: nil}}, STACK}}"
    return f"{{%{show(type(term))}{{message: {_quoted(str(term))}}}, STACK}}"


def _is_keyword(items: list[Any]) -> bool:
    return bool(items) and all(
        isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str) for item in items
    )


def _pairs(items: list[Any]) -> str:
    return ", ".join(f"{_key(key)}: {show(value)}" for key, value in items)


def _key(atom: str) -> str:
    return atom if _ATOM.fullmatch(atom) else _quoted(atom)


def labelled(text: str) -> str:
    """Return a text with labels in place of the pids in it."""
    for value, label in _labels.items():
        if isinstance(value, Pid):
            text = text.replace(repr(value), f"#{label}")
    return text


def _quoted(text: str) -> str:
    text = labelled(text)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# --- helpers of the scenarios


async def settle() -> None:
    """Wait until all other processes wait."""
    await settled()


async def flush(quiet: float = 0.0) -> list[Any]:
    """Return all messages that come until the mailbox has been quiet for `quiet` seconds."""
    await settled()
    messages = []
    over = Verbatim("over")
    while (message := await aquavit.receive(timeout=quiet, default=over)) is not over:
        messages.append(message)
    return messages


async def attempt(
    fn: Callable[[], Any],
    meant: type[Exception] = RuntimeError,
    elixir: str = "",
    *,
    timeout: object = 5000,
) -> tuple[Any, ...]:
    """Return ("ok", value), ("raise", class, message) or ("exit", reason) of `fn()`.

    `meant` is the class that misuse raises here where Elixir raises `elixir`; `timeout` is
    that of the call that may fail, as Elixir shows it.
    """
    try:
        made = fn()
        return "ok", await made if hasattr(made, "__await__") or _is_wait(made) else made
    except ProcessExit as error:
        return "exit", error.reason
    except TaskError as error:
        return "exit", awaited(error)
    except Exception as error:
        if isinstance(error, (CallError, NoProcess)) and error.request is not None:
            return "exit", (error.reason, called(error.server, error.request, timeout))
        if elixir and type(error) is meant:
            return "raise", Verbatim(elixir), Verbatim("TEXT")
        return "raise", type(error), Text(str(error))


async def started(fn: Callable[[], Any]) -> Any:
    """Return what a start function gives in Elixir: ("ok", pid), "ignore", ("error", reason)."""
    try:
        pid = await fn()
    except StartError as error:
        return "error", error.reason
    except Exception as error:
        return "error", error
    return "ignore" if pid is None else ("ok", pid)


def called(server: object, request: object, timeout: object = 5000) -> tuple[Any, ...]:
    """Return the call that failed, as the reason of Elixir's exit shows it."""
    return Verbatim("GenServer"), "call", [server, request, timeout]


def awaited(error: TaskError) -> tuple[Any, ...]:
    """Return the reason of Elixir's exit of a wait for one task, or for many."""
    many = isinstance(error.task, list)
    return error.reason, (Verbatim("Task"), "await_many" if many else "await", "args")


def _is_wait(made: object) -> bool:
    """Tell whether `made` is a wait of an interpreted build: a generator that can be awaited."""
    return hasattr(made, "gi_code")


async def run(fn: Callable[[], Any]) -> Any:
    """Run `fn` in a process of its own and return its exit reason."""
    _, ref = aquavit.spawn_monitor(fn)
    return await wait(ref)


async def down(pid: Pid[Any], timeout: float = _FOREVER) -> Any:
    """Wait until `pid` is dead and return its exit reason, `:noproc` if it was dead before."""
    ref = aquavit.monitor(pid)
    reason = await wait(ref, timeout, "still_alive")
    aquavit.demonitor(ref, flush=True)
    return reason


async def wait(ref: Ref, timeout: float = _FOREVER, late: object = "no_down") -> Any:
    """Return the reason in the Down of `ref`, or `late`."""
    message = await aquavit.receive(Down(ref, ..., ...), timeout=timeout, default=None)
    return late if message is None else message.reason


async def worker(*, trap: bool = False) -> Pid[Any]:
    """Return a process that waits and runs what `do_in` asks for."""
    main = aquavit.self()

    async def work() -> None:
        aquavit.trap_exit(trap)
        aquavit.send(main, ("ready", aquavit.self()))
        await worker_loop()

    pid = aquavit.spawn(work)
    await aquavit.receive(("ready", pid), timeout=_FOREVER)
    return pid


async def worker_loop() -> None:
    """Run the functions that are sent as ("do", fn, from, ref), for ever."""
    while True:
        _, fn, caller, ref = await aquavit.receive(("do", ..., Pid, Ref))
        made = fn()
        if hasattr(made, "__await__") or _is_wait(made):
            made = await made
        aquavit.send(caller, (ref, made))


async def do_in(pid: Pid[Any], fn: Callable[[], Any]) -> Any:
    """Run `fn` inside the worker `pid` and return its value."""
    ref = aquavit.make_ref()
    aquavit.send(pid, ("do", fn, aquavit.self(), ref))
    _, value = await aquavit.receive((ref, ...), timeout=_FOREVER)
    return value


def box(pid: Pid[Any]) -> Any:
    """Return the messages in the mailbox of `pid`, or `:dead`."""
    return list(info(pid).messages) if status(pid) == "alive" else "dead"


def status(pid: Pid[Any]) -> str:
    """Return `:alive` or `:dead`."""
    return "alive" if aquavit.is_alive(pid) else "dead"
