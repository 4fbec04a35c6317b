"""A tree of supervisors of depth 3, and a model that says what each crash restarts.

The model knows nothing of processes: a node has a strategy, a window of restarts and
children. `ended` gives the names that must have another Pid afterwards.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aquavit import ChildSpec, GenServer, Stop, Supervisor

__all__ = ["Node", "Worker", "grow", "spec_of"]

STRATEGIES = ("one_for_one", "one_for_all", "rest_for_one")
UNLIMITED = 10**9


class Worker(GenServer):
    """Ends in the way that it is asked for."""

    def init(self) -> None:
        """Hold nothing."""

    def handle_cast(self, request: tuple[str, Any]) -> Stop:
        what, value = request
        if what == "raise":
            raise RuntimeError(value)
        return Stop(value)


@dataclass
class Node:
    """A supervisor, or a worker: one without children."""

    name: str
    parent: Node | None = None
    strategy: str = "one_for_one"
    max_restarts: int = UNLIMITED
    max_seconds: float = 1.0
    children: list[Node] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        """Yield it and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def renewed(self) -> Iterator[str]:
        """Yield the names of it and all below it, which start anew."""
        for node in self.walk():
            node.times.clear()
            yield node.name

    def ended(self, child: Node, now: float) -> set[str]:
        """Return who is another process after the end of `child`."""
        self.times = [time for time in self.times if now - time <= self.max_seconds]
        if len(self.times) >= self.max_restarts:
            assert self.parent is not None, "the root is not meant to give up"
            return self.parent.ended(self, now)
        self.times.append(now)
        place = self.children.index(child)
        group = {
            "one_for_one": [child],
            "one_for_all": self.children,
            "rest_for_one": self.children[place:],
        }[self.strategy]
        return {name for each in group for name in each.renewed()}


def grow(rng: random.Random, depth: int, width: int, parent: Node | None = None) -> Node:
    """Return a tree of supervisors `depth` deep, with `width` children each."""
    name = "root" if parent is None else f"{parent.name}.{len(parent.children)}"
    node = Node(name, parent)
    if depth == 0:
        return node
    node.strategy = rng.choice(STRATEGIES)
    if parent is not None:
        node.max_restarts = rng.randrange(4)
        node.max_seconds = rng.choice((0.5, 1.0, 3.0))
    for _ in range(width):
        node.children.append(grow(rng, depth - 1, width, node))
    return node


def spec_of(node: Node) -> ChildSpec:
    """Return how a node is started; it has its name in the model for a name."""
    if not node.children:
        return Worker.child_spec(id=node.name, name=node.name)
    return Supervisor.child_spec(
        [spec_of(child) for child in node.children],
        id=node.name,
        name=node.name,
        strategy=node.strategy,
        max_restarts=node.max_restarts,
        max_seconds=node.max_seconds,
    )
