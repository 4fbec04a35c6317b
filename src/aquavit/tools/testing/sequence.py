"""What happened in a simulation, as a sequence chart: in text, or as an SVG picture.

A row for each thing that happened, a lane for each process:

    ●──▶   starts, sends, exit signal: from one process to another
    ●╌╌    the same, but it is under way; a later row ╌╌▶ shows its arrival
    ◆      a timer fires
    ✕      a process ends
    !      in the margin: the schedule did here what the real runtime would not have done
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import re
import reprlib
from dataclasses import dataclass
from typing import Any

from aquavit.core.ids import Pid
from aquavit.core.signals import Call, Cast
from aquavit.tools.testing.picture import picture

__all__ = ["Row", "Trace"]

_WIDTH = 14
#: Rows of a long trace that the text shows: the first and the last ones.
_HEAD, _TAIL = 40, 160
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_WIDEST = 80
_PID = re.compile(r"#PID<0\.(\d+)\.0>")


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that happened; lanes are numbers of processes, None for outside."""

    seconds: float
    kind: str
    source: int | None
    target: int | None
    label: str
    switch: bool = False


class Trace:
    """What happened in one simulation.

    `lanes` are the names of the processes, `rows` what they did.

    Elixir: none.
    """

    def __init__(self, log: list[Any], schedule: dict[int, int]) -> None:
        self.schedule = schedule
        self.lanes: list[str] = []
        reader = _Reader(log)
        self.lanes = reader.lanes
        self.rows = reader.rows()

    @property
    def digest(self) -> str:
        """Return a hash of everything that happened, in its order."""
        text = "\n".join(map(repr, [self.lanes, *self.rows]))
        return hashlib.sha256(text.encode()).hexdigest()

    def text(self) -> str:
        """Return the sequence chart as text."""
        head = " " * 11 + "".join(name[: _WIDTH - 2].center(_WIDTH) for name in self.lanes)
        lines = [head.rstrip()]
        rows = self.rows
        if len(rows) > _HEAD + _TAIL:
            left_out = len(rows) - _HEAD - _TAIL
            lines += [self._line(row) for row in rows[:_HEAD]]
            lines += [f"           ... {left_out} more ..."]
            rows = rows[-_TAIL:]
        lines += [self._line(row) for row in rows]
        return "\n".join(lines)

    def svg(self) -> str:
        """Return the sequence chart as an SVG picture."""
        return picture(self.lanes, self.rows)

    def _line(self, row: Row) -> str:
        cells = list(" " * (_WIDTH * len(self.lanes)))
        for lane in range(len(self.lanes)):
            cells[_centre(lane)] = "│"
        _draw(cells, row)
        margin = "!" if row.switch else " "
        return f"{margin}{row.seconds:9.3f} {''.join(cells)} {row.label}".rstrip()


def _centre(lane: int) -> int:
    return lane * _WIDTH + _WIDTH // 2


def _draw(cells: list[str], row: Row) -> None:
    """Draw what happened over the lanes."""
    if row.source is None or row.target is None or row.source == row.target:
        lane = row.target if row.source is None else row.source
        if lane is not None:
            cells[_centre(lane)] = {"end": "✕", "timer": "◆"}.get(row.kind, "●")
        return
    a, b = _centre(row.source), _centre(row.target)
    step = 1 if b > a else -1
    line = "╌" if row.kind in ("leaves", "arrives") else "─"
    for place in range(a + step, b, step):
        cells[place] = "┼" if cells[place] == "│" and line == "─" else line
    if row.kind != "arrives":
        cells[a] = "●"
    if row.kind != "leaves":
        cells[b] = "▶" if step > 0 else "◀"


class _Reader:
    """Reads the log of a simulated runtime."""

    def __init__(self, log: list[Any]) -> None:
        self.log = log
        self.numbers: dict[int, int] = {}
        self.lanes: list[str] = []
        self._name_lanes()
        self.departures = self._departures()

    def _name_lanes(self) -> None:
        names: dict[int, str] = {}
        pids: list[int] = []
        for entry in self.log:
            if entry[0] == "spawn":
                _, _, _, pid, function = entry
                self.numbers[pid.id] = len(pids)
                pids.append(pid.id)
                names[pid.id] = _function(function)
            elif entry[0] in ("end", "alive"):
                names[entry[2].id] = _better_name(entry[-1]) or names.get(entry[2].id, "?")
        if pids:
            names[pids[0]] = "main"
        counts: dict[str, int] = {}
        for number in pids:
            name = names[number]
            counts[name] = counts.get(name, 0) + 1
            self.lanes.append(name if counts[name] == 1 else f"{name} {counts[name]}")

    def _departures(self) -> dict[int, int]:
        """Return, for each arrival in the log, where its signal left; -1 for just before."""
        left: dict[int, int] = {}
        found: dict[int, int] = {}
        for place, entry in enumerate(self.log):
            if entry[0] in ("send", "exit"):
                left[entry[5]] = place
            elif entry[0] == "arrive" and entry[2] in left:
                between = self.log[left[entry[2]] + 1 : place]
                at_once = not any(each[0] in ("step", "timer") for each in between)
                found[place] = -1 if at_once else left[entry[2]]
        return found

    def rows(self) -> list[Row]:
        """Return a row for all that happened."""
        late = {start: place for place, start in self.departures.items()}
        rows: list[Row] = []
        switch = False
        for place, entry in enumerate(self.log):
            if entry[0] == "switch":
                switch = True
                continue
            row = self._row(place, entry, late)
            if row is not None:
                rows.append(dataclasses.replace(row, switch=switch))
                switch = False
        return rows

    def _row(self, place: int, entry: Any, late: dict[int, int]) -> Row | None:
        kind, seconds = entry[0], entry[1]
        if kind == "arrive":
            start = self.departures.get(place)
            if start is None or start < 0:
                return None
            return self._signal(seconds, "arrives", self.log[start])
        if kind in ("send", "exit"):
            return self._signal(seconds, "leaves" if place in late else "sends", entry)
        if kind == "spawn":
            parent, pid = self._lane(entry[2]), entry[3]
            return Row(seconds, "starts", parent, self._lane(pid), f"{self._name(pid)} starts")
        if kind == "step" and not self._says_more(place):
            return Row(seconds, "step", self._lane(entry[2]), None, f"{self._name(entry[2])} runs")
        if kind == "timer":
            return Row(seconds, "timer", self._lane(entry[2]), None, "a timer fires")
        if kind == "end":
            label = f"{self._name(entry[2])} ends: {self._shown(entry[3])}"
            return Row(seconds, "end", self._lane(entry[2]), None, label)
        return None

    def _signal(self, seconds: float, kind: str, sent: Any) -> Row:
        return Row(seconds, kind, self._lane(sent[2]), self._lane(sent[3]), self._what(sent))

    def _says_more(self, place: int) -> bool:
        """Tell whether what the process does in this step shows by itself."""
        following = self.log[place + 1 : place + 2]
        return bool(following) and following[0][0] in ("send", "exit", "spawn", "end", "crash")

    def _lane(self, pid: Any) -> int | None:
        return self.numbers.get(pid.id) if isinstance(pid, Pid) else None

    def _name(self, pid: Any) -> str:
        lane = self._lane(pid)
        return repr(pid) if lane is None else self.lanes[lane]

    def _what(self, sent: Any) -> str:
        if sent[0] == "exit":
            return f"exit signal {self._shown(sent[4])}"
        return self._shown(sent[4])

    def _shown(self, value: Any) -> str:
        if isinstance(value, Call):
            return f"call {self._shown(value.request)}"
        if isinstance(value, Cast):
            return f"cast {self._shown(value.request)}"
        text = _PID.sub(self._short, _steady.repr(value))
        return text if len(text) <= _WIDEST else text[: _WIDEST - 3] + "..."

    def _short(self, match: re.Match[str]) -> str:
        lane = self.numbers.get(int(match[1]))
        return match[0] if lane is None else f"<{self.lanes[lane]}>"


class _Steady(reprlib.Repr):
    """Shows values without addresses, which differ from one run to the next."""

    def repr_instance(self, x: Any, level: int) -> str:
        """Return the repr of anything but a plain value."""
        text = _ADDRESS.sub("", super().repr_instance(x, level))
        return text if len(text) <= _WIDEST else text[: _WIDEST - 3] + "..."


_steady = _Steady()
_steady.maxstring = _steady.maxlong = _WIDEST
_steady.maxother = 10 * _WIDEST  # cut when the addresses are out


def _function(fn: Any) -> str:
    while isinstance(fn, functools.partial):
        fn = fn.args[0] if fn.args and callable(fn.args[0]) else fn.func
    name = getattr(fn, "__name__", type(fn).__name__)
    return "a lambda" if name == "<lambda>" else name


def _better_name(facts: Any) -> str | None:
    """Return the registered name of a process, or the behaviour that it is."""
    if facts is None:
        return None
    name, dictionary = facts
    if name is not None:
        return str(name)
    behaviour = (dictionary or {}).get("$initial_call")
    return None if behaviour is None else _function(behaviour)
