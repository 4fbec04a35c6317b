"""The chart of cost against number: what one process costs when there are so many.

A level line means that the whole grows with the number of processes and no faster.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

INK, FAINT, GRID = "#1f2933", "#7b8794", "#e4e7eb"
COLOURS = {"aquavit": "#0e7c86", "beam": "#b26b00"}
TITLES = {"aquavit": "aquavit", "beam": "the BEAM, one scheduler"}
PANELS = (
    ("spawn", "spawn, µs for each", 1e6),
    ("round", "question and answer, µs for each", 1e6),
    ("die", "die through links, µs for each", 1e6),
    ("bytes", "resident memory, bytes for each", 1.0),
)


def draw(table: dict[str, dict[int, dict[str, float]]], path: Path) -> None:
    """Write the chart of `table` to `path`."""
    with plt.rc_context({"font.family": "DejaVu Sans", "font.size": 9, "text.color": INK}):
        figure, axes = plt.subplots(2, 3, figsize=(11, 6), dpi=140)
        places = list(axes.flat)
        for place, (key, title, unit) in zip(places, PANELS, strict=False):
            for side, by_size in table.items():
                each = 1 if key == "bytes" else None
                values = [one[key] * unit / (each or size) for size, one in by_size.items()]
                line(place, list(by_size), values, side)
            arrange(place, title)
            place.set_ylim(bottom=0)
        pauses(places[4], table["aquavit"])
        whole(places[5], table)
        places[0].legend(frameon=False, loc="best", fontsize=8)
        figure.suptitle(
            "Processes linked in a tree, a timer pending for each: cost against number",
            x=0.01, ha="left", weight="bold",
        )  # fmt: skip
        figure.tight_layout()
        figure.savefig(path, facecolor="white")
        plt.close(figure)


def line(place: Any, sizes: list[int], values: list[float], side: str) -> None:
    """Draw one side."""
    place.plot(sizes, values, "o-", color=COLOURS[side], ms=3.5, lw=1.5, label=TITLES[side])


def pauses(place: Any, ours: dict[int, dict[str, float]]) -> None:
    """Draw the pauses of the garbage collector."""
    sizes = list(ours)
    for key, style, label in (
        ("full_collection", "s--", "a full collection"),
        ("pause_worst", "o-", "worst while they live and die"),
        ("pause_p99", "^:", "p99"),
    ):
        values = [max(ours[size][key] * 1e3, 1e-3) for size in sizes]
        place.plot(sizes, values, style, color=COLOURS["aquavit"], ms=3.5, lw=1.2, label=label)
    arrange(place, "collector's pauses in aquavit, ms")
    place.set_yscale("log")
    place.legend(frameon=False, fontsize=8)


def whole(place: Any, table: dict[str, dict[int, dict[str, float]]]) -> None:
    """Draw the whole: spawn, round and die together, in seconds."""
    for side, by_size in table.items():
        values = [one["spawn"] + one["round"] + one["die"] for one in by_size.values()]
        line(place, list(by_size), values, side)
    arrange(place, "all of it, seconds")
    place.set_yscale("log")


def arrange(place: Any, title: str) -> None:
    """Set what all panels share."""
    place.set_title(title, loc="left", fontsize=9)
    place.set_xscale("log")
    place.xaxis.set_major_locator(LogLocator(10))
    place.xaxis.set_minor_locator(NullLocator())
    place.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    place.grid(color=GRID)
    place.tick_params(length=0, colors=FAINT)
    for spine in place.spines.values():
        spine.set_visible(False)
