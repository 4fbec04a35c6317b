"""The bar chart for the README: each side against the BEAM, on a logarithmic axis.

A bar begins at 1.0, where the BEAM is, and goes right for better and left for worse. The
thin line across its end is the spread over the rounds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import report

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

INK, FAINT, GRID = "#1f2933", "#7b8794", "#e4e7eb"
AQUAVIT, ASYNCIO = "#0e7c86", "#c3ccd6"
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)
BAR = 0.36


def draw(results: list[report.Result], machine: dict[str, object], rounds: int, path: Path) -> None:
    """Write the chart of `results` to `path`."""
    with plt.rc_context({"font.family": "DejaVu Sans", "font.size": 10, "text.color": INK}):
        figure, axes = plt.subplots(figsize=(9, 1.7 + 0.55 * len(results)), dpi=160)
        with_asyncio = any(result.between for result in results)
        for place, result in enumerate(results):
            offset = BAR / 2 if result.between else 0.0
            bar(axes, place - offset, result.beam, AQUAVIT, strong=True)
            bar(axes, place + offset, result.between, ASYNCIO, strong=False)
        arrange(axes, results)
        title(figure, axes, machine, rounds, with_asyncio)
        figure.savefig(path, facecolor="white", bbox_inches="tight", pad_inches=0.2)
        plt.close(figure)


def bar(axes: Any, place: float, ratio: report.Ratio | None, colour: str, strong: bool) -> None:
    """Draw one bar from 1.0 to the ratio, its spread, and its figure."""
    if ratio is None:
        return
    axes.barh(place, ratio.median - 1, left=1, height=BAR * 0.92, color=colour, zorder=2)
    axes.plot([ratio.least, ratio.most], [place, place], color=INK, lw=0.8, zorder=3)
    better = ratio.median >= 1
    axes.annotate(
        f"{ratio.median:.2f}",
        (ratio.most if better else ratio.least, place),
        xytext=(5 if better else -5, 0),
        textcoords="offset points",
        ha="left" if better else "right",
        va="center",
        fontsize=9,
        color=INK if strong else FAINT,
        fontweight="bold" if strong else "normal",
    )


def arrange(axes: Any, results: list[report.Result]) -> None:
    """Set the axes: labels, the line at 1.0, and room for the figures."""
    ratios = [r for result in results for r in (result.beam, result.between) if r]
    axes.set_xscale("log")
    axes.set_xlim(
        min(0.5, *(r.least for r in ratios)) / 1.6, max(2, *(r.most for r in ratios)) * 1.5
    )
    axes.xaxis.set_major_locator(FixedLocator(TICKS))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}x"))
    axes.set_yticks(range(len(results)), [result.label for result in results])
    axes.set_ylim(len(results) - 0.4, -0.6)
    axes.axvline(1, color=INK, lw=1.2, zorder=4)
    axes.grid(axis="x", color=GRID, zorder=0)
    axes.tick_params(length=0, colors=FAINT)
    axes.tick_params(axis="y", labelcolor=INK)
    for spine in axes.spines.values():
        spine.set_visible(False)


def title(
    figure: Any, axes: Any, machine: dict[str, object], rounds: int, with_asyncio: bool
) -> None:
    """Write what is shown above the bars, and where it was measured below."""
    from matplotlib.patches import Patch

    axes.set_title(
        "The same work on one core: how many times the BEAM", loc="left", pad=30, weight="bold"
    )
    axes.text(
        0, 1, "right of the line is faster, or smaller", transform=axes.transAxes,
        va="bottom", color=FAINT, fontsize=9,
    )  # fmt: skip
    handles = [Patch(color=AQUAVIT, label="aquavit")]
    if with_asyncio:
        handles.append(Patch(color=ASYNCIO, label="asyncio, Task and Queue"))
    axes.legend(
        handles=handles, loc="lower right", bbox_to_anchor=(1, 1), ncols=2,
        frameon=False, fontsize=9, borderaxespad=0,
    )  # fmt: skip
    below = f"{report.medians_of(rounds)}, thin lines from least to most\n"
    below += report.headline(machine).replace("; ", "\n")
    axes.annotate(
        below, (0, 0), xycoords="axes fraction", xytext=(0, -28), textcoords="offset points",
        va="top", color=FAINT, fontsize=8,
    )  # fmt: skip
