"""A sequence chart as an SVG picture, without any library."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

__all__ = ["picture"]

_LANE, _ROW, _TOP, _MARGIN = 130, 22, 46, 76
_LABEL = 420
_STYLE = (
    "text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#24292f}"
    ".name{font-weight:bold;text-anchor:middle}.time{fill:#57606a;text-anchor:end}"
    ".lane{stroke:#d0d7de}.arrow{stroke:#0969da;stroke-width:1.5}"
    ".late{stroke-dasharray:4 3}.switch{fill:#fff1c7}.dot{fill:#0969da}"
    ".end{stroke:#cf222e;stroke-width:2}.timer{fill:#bf8700}"
)


def picture(lanes: list[str], rows: list[Any]) -> str:
    """Return the chart: `rows` are those of a `Trace`."""
    width = _MARGIN + _LANE * len(lanes) + _LABEL
    height = _TOP + _ROW * (len(rows) + 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" role="img">',
        f"<title>Sequence chart of {len(rows)} events</title><style>{_STYLE}</style>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7"'
        ' markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#0969da"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for place, row in enumerate(rows):
        if row.switch:
            y = _TOP + place * _ROW + 3
            parts.append(f'<rect class="switch" y="{y}" width="{width}" height="{_ROW}"/>')
    for lane, name in enumerate(lanes):
        x = _x(lane)
        parts.append(f'<text class="name" x="{x}" y="24">{escape(name)}</text>')
        parts.append(f'<line class="lane" x1="{x}" y1="32" x2="{x}" y2="{height - 8}"/>')
    for place, row in enumerate(rows):
        parts += _row(row, _TOP + place * _ROW + 14, len(lanes))
    return "\n".join([*parts, "</svg>", ""])


def _x(lane: int) -> int:
    return _MARGIN + lane * _LANE + _LANE // 2


def _row(row: Any, y: int, lanes: int) -> list[str]:
    parts = [f'<text class="time" x="{_MARGIN - 12}" y="{y + 4}">{row.seconds:.3f}</text>']
    lane = row.target if row.source is None else row.source
    if row.source is not None and row.target is not None and row.source != row.target:
        late = " late" if row.kind in ("leaves", "arrives") else ""
        head = "" if row.kind == "leaves" else ' marker-end="url(#head)"'
        parts.append(
            f'<line class="arrow{late}" x1="{_x(row.source)}" y1="{y}"'
            f' x2="{_x(row.target)}" y2="{y}"{head}/>'
        )
    elif lane is not None and row.kind == "end":
        x = _x(lane)
        parts.append(f'<path class="end" d="M{x - 5} {y - 5}l10 10m0 -10l-10 10"/>')
    elif lane is not None:
        kind = "timer" if row.kind == "timer" else "dot"
        parts.append(f'<circle class="{kind}" cx="{_x(lane)}" cy="{y}" r="4"/>')
    x = _MARGIN + lanes * _LANE + 8
    parts.append(f'<text x="{x}" y="{y + 4}">{escape(row.label)}</text>')
    return parts
