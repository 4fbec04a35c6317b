"""The plan: which work is done at which size, what is shown of it, and the bars.

A workload is measured in each of the sides that have it; a row is one figure taken from
what a workload returns. `BARS` is the only place where a bar stands.
"""

from __future__ import annotations

from dataclasses import dataclass

SIDES = ("aquavit", "beam", "asyncio")
TITLES = {"aquavit": "aquavit", "beam": "the BEAM", "asyncio": "asyncio"}


@dataclass(frozen=True)
class Size:
    """How often a workload's operation is done on each side; 0 leaves the side out.

    Figures are for one operation, so the sides may differ: asyncio is given less to do
    because it would take minutes. A cascade's figure is for the whole: there they may not.
    """

    aquavit: int
    beam: int
    asyncio: int

    def of(self, side: str) -> int:
        """Return the size for `side`."""
        size: int = getattr(self, side)
        return size


@dataclass(frozen=True)
class Row:
    """One line of the table: the figure `metric` of `workload`."""

    label: str
    workload: str
    metric: str = "seconds"
    #: "rate" (per second, shown from seconds), "seconds", "bytes" or "times".
    unit: str = "rate"
    charted: bool = True


@dataclass(frozen=True)
class Bar:
    """What a row has to reach.

    Attributes:
        ratio: at least this many times the BEAM's figure, faster or smaller being more.
        value: aquavit's own figure is at most this (seconds, bytes, times).
    """

    ratio: float | None = None
    value: float | None = None


BARS = {
    "ping_pong": Bar(ratio=1.0),
    "ring": Bar(ratio=1.0),
    "spawn": Bar(ratio=1.0),
    "flood": Bar(ratio=0.7),
    "million": Bar(ratio=1.0),
    "idle": Bar(value=700),
    "fresh_ref_flat": Bar(value=1.5),
    "cascade_chain": Bar(ratio=0.5),
    "cascade_star": Bar(ratio=0.5),
    "genserver": Bar(ratio=1.0),
    "registry": Bar(ratio=0.5),
    "children": Bar(ratio=0.5),
    "children_flat": Bar(value=2.0),
    "import": Bar(value=0.060),
}

ROWS = {
    "ping_pong": Row("ping-pong", "ping_pong"),
    "ping_pong_patterns": Row("ping-pong, with patterns", "ping_pong_patterns"),
    "ring": Row("ring of 10,000", "ring"),
    "spawn": Row("spawn and message back", "spawn"),
    "flood": Row("flood", "flood"),
    "flood_pileup": Row("flood, sender never gives way", "flood_pileup"),
    "million": Row("{count} processes answer", "million"),
    "idle": Row("idle process, at {count}", "idle", "rss", "bytes"),
    "fresh_ref": Row("receive on a fresh ref", "fresh_ref", "empty"),
    "fresh_ref_behind": Row("fresh ref behind 100,000", "fresh_ref", "behind"),
    "fresh_ref_flat": Row("fresh ref, behind : empty", "fresh_ref", "flat", "times", False),
    "cascade_chain": Row("cascade, chain of {count}", "cascade_chain", unit="seconds"),
    "cascade_star": Row("cascade, star of {count}", "cascade_star", unit="seconds"),
    "genserver": Row("GenServer call", "genserver"),
    "genserver_method": Row("GenServer call, a method", "genserver", "method"),
    "genserver_cast": Row("GenServer cast", "genserver", "cast"),
    "machine": Row("call of a state machine", "machine"),
    "registry": Row("registry lookup", "registry"),
    "registry_register": Row("register and unregister", "registry", "register"),
    "broadcast": Row("broadcast to 1,000", "broadcast"),
    "children": Row("start and stop a child", "children"),
    "children_start": Row("start a child", "children", "start", charted=False),
    "children_flat": Row("a child, of {count} : a tenth", "children", "flat", "times", False),
    "import": Row("import aquavit", "import", unit="seconds", charted=False),
}

FULL = {
    "ping_pong": Size(1_500_000, 1_500_000, 100_000),
    "ping_pong_patterns": Size(800_000, 800_000, 0),
    "ring": Size(3_000_000, 3_000_000, 200_000),
    "spawn": Size(1_000_000, 1_000_000, 100_000),
    "flood": Size(3_000_000, 3_000_000, 500_000),
    "flood_pileup": Size(1_000_000, 1_000_000, 500_000),
    "million": Size(1_000_000, 1_000_000, 100_000),
    "idle": Size(1_000_000, 1_000_000, 200_000),
    "fresh_ref": Size(300_000, 300_000, 0),
    "cascade_chain": Size(100_000, 100_000, 0),
    "cascade_star": Size(100_000, 100_000, 100_000),
    "genserver": Size(1_000_000, 1_000_000, 0),
    "machine": Size(500_000, 500_000, 0),
    "registry": Size(1_000_000, 1_000_000, 0),
    "broadcast": Size(2_000_000, 2_000_000, 0),
    "children": Size(100_000, 30_000, 0),
    "import": Size(15, 0, 0),
}

QUICK = {
    "ping_pong": Size(400_000, 400_000, 30_000),
    "ping_pong_patterns": Size(200_000, 200_000, 0),
    "ring": Size(1_000_000, 1_000_000, 50_000),
    "spawn": Size(200_000, 200_000, 20_000),
    "flood": Size(1_000_000, 1_000_000, 200_000),
    "flood_pileup": Size(300_000, 300_000, 100_000),
    "idle": Size(100_000, 100_000, 50_000),
    "fresh_ref": Size(100_000, 100_000, 0),
    "cascade_chain": Size(100_000, 100_000, 0),
    "cascade_star": Size(100_000, 100_000, 100_000),
    "genserver": Size(200_000, 200_000, 0),
    "machine": Size(200_000, 200_000, 0),
    "registry": Size(300_000, 300_000, 0),
    "broadcast": Size(500_000, 500_000, 0),
    "children": Size(20_000, 20_000, 0),
    "import": Size(7, 0, 0),
}
