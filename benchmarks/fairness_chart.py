"""The chart of a ticker's lateness, with preemption and without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, NullLocator

INK, FAINT, GRID = "#1f2933", "#7b8794", "#e4e7eb"
SIDES = (("without", "#b26b00", "without preemption"), ("with", "#0e7c86", "with preemption"))


def draw(sides: dict[str, list[tuple[float, float]]], path: Path) -> None:
    """Write the chart to `path`: how late each tick was, in milliseconds."""
    with plt.rc_context({"font.family": "DejaVu Sans", "font.size": 9, "text.color": INK}):
        figure, place = plt.subplots(figsize=(9, 3.6), dpi=140)
        for key, colour, title in SIDES:
            times = [now for now, _ in sides[key]]
            late = [max(each * 1e3, 0.05) for _, each in sides[key]]
            label = f"{title}: {len(times):,} ticks, p99 {p99(late):,.0f} ms late"
            place.plot(times, late, "o", color=colour, ms=2.5, label=label)
        arrange(place)
        figure.suptitle(
            "A ticker of 10 ms among four processes that compute: how late each tick is",
            x=0.01, ha="left", weight="bold",
        )  # fmt: skip
        figure.tight_layout()
        figure.savefig(path, facecolor="white")
        plt.close(figure)


def p99(values: list[float]) -> float:
    """Return the 99th percentile."""
    return sorted(values)[int(0.99 * len(values))]


def arrange(place: Any) -> None:
    """Set scales, grid and legend."""
    place.set_yscale("log")
    place.set_ylim(0.05, 10_000)
    place.yaxis.set_minor_locator(NullLocator())
    place.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g} ms"))
    place.set_xlabel("seconds")
    place.grid(color=GRID)
    place.tick_params(length=0, colors=FAINT)
    place.legend(frameon=False, loc="upper left", fontsize=8)
    for spine in place.spines.values():
        spine.set_visible(False)
