"""Helpers that look at the processes: one of them, all of them, the busiest.

Elixir: process_info/1 and runtime_info/0 of IEx, and :observer.
"""

from __future__ import annotations

import gc
import heapq
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import aquavit
from aquavit.core import loops
from aquavit.core.exits import brief
from aquavit.core.process import current
from aquavit.process import Pid, process_info, processes, registered, sleep, wait, whereis
from aquavit.process.inspection import ProcessInfo, current_stack
from aquavit.process.wording import shown, stack_lines, wants_colour
from aquavit.tools.shell.output import heading
from aquavit.tools.shell.tables import cut, fields, size, table

__all__ = ["info", "names", "runtime_info", "top", "tree", "who"]

#: Processes looked at before the others get their turn.
_AT_ONCE = 250
#: Messages and neighbours shown of one process.
_SHOWN = 10


def who(found: ProcessInfo) -> str:
    """Return how a process is called: its name, its label, or its function."""
    if found.name is not None:
        return str(found.name)
    if found.label is not None:
        return found.label if isinstance(found.label, str) else shown(found.label)
    return found.initial_call


def _give_way() -> None:
    """Let the others run, where the cell does not await at its top level itself."""
    process: Any = current()
    if process is not None and process.coroutine is None and not process.adopted:
        wait(sleep(0))


# --- one process


def info(pid: Pid[Any]) -> None:
    """Show all that is known about a process, in panes.

    Args:
        pid: the process; a name will do.

    Elixir: process_info/1 of IEx 1.19.
    """
    asked = whereis(pid) if isinstance(pid, str) else pid
    found = None if asked is None else process_info(asked)
    if found is None:
        print(f"{brief(pid)} is not alive")
        return
    print("\n".join(_panes(found)))


def _panes(found: ProcessInfo) -> list[str]:
    now = loops.the_runtime("info").time()
    lines = [heading(f"# Process {found.pid!r}"), ""]
    lines += _pane(
        "Overview",
        fields(
            [
                ("Registered name", found.name or "none"),
                ("Label", "none" if found.label is None else shown(found.label)),
                ("Initial call", found.initial_call),
                ("Current function", found.current_function or "none"),
                ("Status", found.status),
                ("Parent", found.parent or "none"),
                ("Messages", found.message_count),
                ("Trap exits", found.trap_exit),
                ("Reductions", found.reductions),
                ("Alive for", f"{max(0.0, now - found.started_at):.1f} s"),
            ]
        ),
    )
    lines += _pane("Links", _neighbours(found.links))
    lines += _pane("Monitors", _neighbours(found.monitors))
    lines += _pane("Monitored by", _neighbours(found.monitored_by))
    lines += _pane("Messages", _first(shown(each) for each in found.messages))
    lines += _pane("Dictionary", [f"{shown(k)}: {shown(v)}" for k, v in found.dictionary.items()])
    lines += _pane("Memory", fields([("Total, estimated", size(found.memory))]))
    frames = stack_lines(current_stack(found.pid), colour=wants_colour(sys.stdout))
    lines += _pane("Current stack", [line.strip() for line in frames])
    return lines[:-1]


def _pane(title: str, lines: list[str]) -> list[str]:
    return [heading(f"## {title}"), "", *lines, ""] if lines else []


def _first(lines: Iterable[str]) -> list[str]:
    listed = list(lines)
    more = [f"... {len(listed) - _SHOWN:,} more"] if len(listed) > _SHOWN else []
    return listed[:_SHOWN] + more


def _neighbours(pids: Iterable[Any]) -> list[str]:
    return _first(_neighbour(each) for each in pids)


def _neighbour(each: Any) -> str:
    found = process_info(each) if isinstance(each, Pid) else None
    return repr(each) if found is None else f"{each!r}  {who(found)}"


# --- all processes


def names() -> None:
    """Show the registered names.

    Elixir: Process.registered/0, `:i.`.
    """
    rows = []
    for name in sorted(registered(), key=str):
        pid = whereis(name)
        found = None if pid is None else process_info(pid)
        if found is not None:
            rows.append([name, found.pid, found.initial_call])
    _print_table(["name", "pid", "initial call"], rows)


def _print_table(heads: list[str], rows: list[list[object]]) -> None:
    first, *rest = table(heads, rows, _width())
    print("\n".join([heading(first), *rest]))


def _width() -> int:
    return shutil.get_terminal_size((120, 40)).columns - 1


def tree(root: Pid[Any] | None = None, children: int = 20) -> None:
    """Show who has started whom, and what each is.

    Args:
        root: where to begin; None for everything.
        children: how many are shown of one parent.

    Elixir: the applications tab of :observer.
    """
    found: dict[Pid[Any], ProcessInfo] = {}
    started: dict[Pid[Any] | None, list[Pid[Any]]] = {}
    for number, pid in enumerate(processes()):
        about = process_info(pid)
        if about is not None:
            found[pid] = about
        if number % _AT_ONCE == 0:
            _give_way()
    for pid, about in found.items():
        started.setdefault(about.parent if about.parent in found else None, []).append(pid)
    lines: list[str] = []
    tops = started.get(None, []) if root is None else [root] if root in found else []
    for pid in tops[:children]:
        lines.append(_tree_line(found[pid]))
        _branches(pid, "", found, started, children, lines)
    if len(tops) > children:
        lines.append(f"... {len(tops) - children:,} more")
    print("\n".join(cut(line, _width()) for line in lines))


def _tree_line(about: ProcessInfo) -> str:
    waiting = f"  {about.message_count:,} messages" if about.message_count else ""
    return f"{about.pid!r} {who(about)}{waiting}"


def _branches(
    pid: Pid[Any],
    indent: str,
    found: dict[Pid[Any], ProcessInfo],
    started: dict[Pid[Any] | None, list[Pid[Any]]],
    children: int,
    lines: list[str],
) -> None:
    own = started.get(pid, [])
    for at, child in enumerate(own[:children]):
        last = at == len(own) - 1
        lines.append(f"{indent}{'└─ ' if last else '├─ '}{_tree_line(found[child])}")
        _branches(child, indent + ("   " if last else "│  "), found, started, children, lines)
    if len(own) > children:
        lines.append(f"{indent}└─ ... {len(own) - children:,} more")


# --- the busiest


def _memory(pid: Pid[Any]) -> int:
    about = process_info(pid)
    return 0 if about is None else about.memory


_MEASURES: dict[str, Callable[[Any], int]] = {
    "mailbox": lambda pid: pid.process.count if pid.process is not None else 0,
    "memory": _memory,
    "reductions": lambda pid: pid.process.reductions if pid.process is not None else 0,
}


def top(by: str = "reductions", count: int = 15, every: float | None = None) -> None:
    """Show the processes with the most of something.

    Args:
        by: "mailbox", "memory" or "reductions".
        count: how many processes.
        every: seconds after which the table is shown anew, until Ctrl-C; reductions are
            then those since the last time. None shows it once.

    Elixir: the processes tab of :observer, :recon.proc_count/2 and proc_window/3.
    """
    if by not in _MEASURES:
        raise ValueError(f"top: expected one of {', '.join(_MEASURES)}, got {by!r}")
    before: dict[int, int] = {}
    while True:
        lines = _top_lines(by, count, before, every is not None)
        print("\n".join(lines), flush=True)
        if every is None:
            return
        try:
            wait(sleep(every))
        except KeyboardInterrupt:
            return
        if wants_colour(sys.stdout):  # over the old one
            print(f"\x1b[{len(lines)}A\x1b[J", end="")


def _top_lines(by: str, count: int, before: dict[int, int], live: bool) -> list[str]:
    measure = _MEASURES[by]
    values: dict[Pid[Any], int] = {}
    pids = processes()
    for number, pid in enumerate(pids, 1):
        value = measure(pid)
        if by == "reductions":
            values[pid] = value - before.get(pid.id, 0 if not live else value)
            before[pid.id] = value
        else:
            values[pid] = value
        if number % _AT_ONCE == 0:
            _give_way()
    rows = []
    for pid in heapq.nlargest(count, pids, key=values.__getitem__):
        about = process_info(pid)
        if about is not None:
            steps = values[pid] if by == "reductions" else about.reductions
            at = about.current_function or about.status
            sizes = (about.message_count, size(about.memory), steps)
            rows.append([pid, who(about), *sizes, at])
    heads = ["pid", "name or initial call", "mailbox", "memory", "reductions", "current function"]
    first, *rest = table(heads, rows, _width())
    lines = [f"{len(pids):,} processes, most {by} first", heading(first), *rest]
    return [*lines, "Ctrl-C ends it"] if live else lines


# --- the runtime


def runtime_info() -> None:
    """Show what runs here: versions, the event loop, processes, memory.

    Elixir: runtime_info/0 of IEx.
    """
    runtime = loops.the_runtime("runtime_info")
    build = "compiled" if aquavit.COMPILED else "interpreted"
    started = min((p.process.started_at for p in processes() if p.process is not None), default=0.0)
    lines = _pane(
        "System",
        fields(
            [
                ("aquavit", f"{aquavit.__version__} ({build})"),
                ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
                ("Platform", platform.platform()),
                ("Event loop", type(runtime.loop).__module__.partition(".")[0]),
                ("Preemption", "on" if runtime.watched else "off"),
                ("CPUs", os.cpu_count() or 1),
            ]
        ),
    )
    lines += _pane(
        "Processes",
        fields(
            [
                ("Alive", runtime.alive),
                ("Started so far", max(pid.id for pid in processes())),
                ("Registered names", len(registered())),
                ("Timers", len(runtime.timers)),
                ("Up for", f"{runtime.time() - started:.1f} s"),
            ]
        ),
    )
    pairs: list[tuple[str, object]] = [("Objects watched by the collector", len(gc.get_objects()))]
    resident = _resident()
    if resident is not None:
        pairs.insert(0, ("Resident now", size(resident)))
    lines += _pane("Memory", fields(pairs))
    lines += _pane("Time", [time.strftime("%Y-%m-%d %H:%M:%S %Z")])
    print("\n".join(lines[:-1]))


def _resident() -> int | None:
    """Return the bytes of memory that the system has given, if it tells."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # not on Linux
        return None
