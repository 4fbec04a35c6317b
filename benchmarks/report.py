"""The report: medians, ratios with their spread, the table, and the chart.

A ratio compares two sides of the same round. Above 1 means that aquavit is faster, or
smaller. What is shown is the median over the rounds, and the least and greatest of them.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import plan

#: The rows that the last line tells of.
HEADLINES = ("ping_pong", "ring", "spawn", "flood", "genserver", "million")
COLOURS = {"good": "\x1b[32m", "bad": "\x1b[31m", "faint": "\x1b[2m", "strong": "\x1b[1m"}


@dataclass(frozen=True)
class Ratio:
    """The median of a ratio over the rounds, and its spread."""

    median: float
    least: float
    most: float


@dataclass(frozen=True)
class Result:
    """One row with what was measured: medians and ratios; None where there is nothing."""

    key: str
    label: str
    row: plan.Row
    medians: dict[str, float]
    beam: Ratio | None
    asyncio: Ratio | None
    #: asyncio against the BEAM, for the chart.
    between: Ratio | None
    bar: plan.Bar | None

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None if it could not be measured."""
        if self.bar is None:
            return None
        if self.bar.value is not None:
            return self.medians["aquavit"] <= self.bar.value
        if self.beam is None or self.bar.ratio is None:
            return None
        return self.beam.median >= self.bar.ratio


def summarise(samples: dict[str, Any], counts: dict[str, int]) -> list[Result]:
    """Return a result for every row that was measured."""
    results = []
    for key, row in plan.ROWS.items():
        measured = samples.get(row.workload)
        if not measured:
            continue
        figures = {
            side: [one[row.metric] for one in rounds if row.metric in one]
            for side, rounds in measured.items()
        }
        results.append(
            Result(
                key=key,
                label=row.label.format(count=f"{counts[row.workload]:,}"),
                row=row,
                medians={side: statistics.median(found) for side, found in figures.items()},
                beam=ratio(figures.get("beam"), figures["aquavit"]),
                asyncio=ratio(figures.get("asyncio"), figures["aquavit"]),
                between=ratio(figures.get("beam"), figures.get("asyncio")),
                bar=plan.BARS.get(key),
            )
        )
    return results


def ratio(theirs: list[float] | None, ours: list[float] | None) -> Ratio | None:
    """Compare round with round; every figure is one of which less is better."""
    if not theirs or not ours:
        return None
    each = [other / own for other, own in zip(theirs, ours, strict=True)]
    return Ratio(statistics.median(each), min(each), max(each))


# --- the table


def print_table(
    results: list[Result], machine: dict[str, object], rounds: int, sides: list[str]
) -> None:
    """Print the machine and the table."""
    print(coloured(headline(machine), "strong"))
    print(coloured(f"{medians_of(rounds)}; a ratio above 1: aquavit is better", "faint"))
    print()
    rows = [header(sides), *(cells(result, sides) for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for number, row in enumerate(rows):
        padded = [row[0].ljust(widths[0])]
        padded += [cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:], strict=False)]
        colour = {"met": "good", "missed": "bad"}.get(row[-1], "faint")
        print("  ".join(padded) + "  " + coloured(row[-1], colour))
        if number == 0:
            print(coloured("-" * (sum(widths) + 2 * len(widths) - 2), "faint"))


def verdict(results: list[Result]) -> str:
    """Return the last line: how many bars are met, and the rows beside the BEAM."""
    barred = [result for result in results if result.bar]
    line = f"benchmarks: {sum(result.met is True for result in barred)} of {len(barred)} bars met"
    shown = {result.key: result for result in results}
    beside = [shown[key] for key in HEADLINES if key in shown and shown[key].beam]
    ratios = [f"{each.label} {each.beam.median:.2f} x" for each in beside if each.beam]
    return f"{line}; to the BEAM: {', '.join(ratios)}" if ratios else line


def notes(machine: dict[str, object], rounds: int) -> list[str]:
    """Return what the page of results says below the table."""
    text = f"{medians_of(rounds).capitalize()}, in brackets the least and the greatest ratio."
    sides = f"The event loop is {machine['loop']}."
    if "otp" in machine:
        sides += f" Elixir {machine['elixir']} on OTP {machine['otp']} ({machine['jit']})."
    return [f"{text} Above 1, aquavit is better. {sides}"]


def header(sides: list[str]) -> list[str]:
    """Return the titles of the columns."""
    compared = [f"x {plan.TITLES[side]} (spread)" for side in sides if side != "aquavit"]
    return ["", *(plan.TITLES[side] for side in sides), *compared, "bar", ""]


def cells(result: Result, sides: list[str]) -> list[str]:
    """Return the texts of one row."""
    compared = [side for side in sides if side != "aquavit"]
    values = [shown(result.medians.get(side), result.row.unit) for side in sides]
    ratios: dict[str, Ratio | None] = {"beam": result.beam, "asyncio": result.asyncio}
    reached = {True: "met", False: "missed", None: "not measured" if result.bar else ""}
    bar = shown_bar(result.bar, result.row.unit)
    spreads = [shown_ratio(ratios[side]) for side in compared]
    return [result.label, *values, *spreads, bar, reached[result.met]]


def medians_of(rounds: int) -> str:
    """Return what the figures are."""
    return "one round" if rounds == 1 else f"medians of {rounds} rounds"


def headline(machine: dict[str, object]) -> str:
    """Return one line on what was compared, and where."""
    build = "compiled" if machine["compiled"] else "NOT COMPILED"
    parts = [f"aquavit {machine['aquavit']} ({build}), {machine['python']}, {machine['loop']}"]
    if "otp" in machine:
        parts.append(f"Elixir {machine['elixir']} on OTP {machine['otp']} ({machine['jit']})")
    parts.append(f"{machine['processor']}, {machine['cores']} cores, {machine['system']}")
    return "; ".join(parts)


def shown(value: float | None, unit: str) -> str:
    """Return a figure with its unit."""
    if value is None:
        return "-"
    if unit == "rate":
        rate = 1 / value
        return f"{rate / 1e6:.2f} M/s" if rate >= 1e6 else f"{rate / 1e3:.0f} k/s"
    if unit == "seconds":
        return f"{value * 1e3:.0f} ms"
    return f"{value:,.0f} bytes" if unit == "bytes" else f"{value:.2f}x"


def shown_ratio(value: Ratio | None) -> str:
    """Return a ratio with its spread."""
    return f"{value.median:.2f} ({value.least:.2f}..{value.most:.2f})" if value else "-"


def shown_bar(bar: plan.Bar | None, unit: str) -> str:
    """Return what a row has to reach."""
    if bar is None:
        return ""
    return f">= {bar.ratio}x" if bar.value is None else f"<= {shown(bar.value, unit)}"


def coloured(text: str, kind: str, stream: TextIO | None = None) -> str:
    """Colour `text` if it goes to a terminal that wants colours."""
    stream = stream or sys.stdout
    if not text or kind not in COLOURS or not stream.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"{COLOURS[kind]}{text}\x1b[0m"


def as_data(results: list[Result]) -> dict[str, Any]:
    """Return the results as plain data."""
    return {
        result.key: {
            "label": result.label,
            "medians": result.medians,
            "times_the_beam": vars(result.beam) if result.beam else None,
            "times_asyncio": vars(result.asyncio) if result.asyncio else None,
            "met": result.met,
        }
        for result in results
    }


# --- the chart


def can_plot() -> bool:
    """Tell whether the chart can be drawn."""
    return importlib.util.find_spec("matplotlib") is not None


def plot(results: list[Result], machine: dict[str, object], rounds: int, path: Path) -> None:
    """Draw the ratios to the BEAM as bars on a logarithmic axis."""
    import chart

    drawn = [result for result in results if result.row.charted and result.beam]
    if drawn:
        chart.draw(drawn, machine, rounds, path)
    else:
        print("no chart: nothing was compared with the BEAM", file=sys.stderr)
