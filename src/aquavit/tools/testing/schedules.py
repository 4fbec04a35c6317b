"""Who chooses the moves of a simulation: strategies, and schedules that repeat one.

A schedule says at which decisions something else than the first move is chosen, as
`"4:1 9:2"`: at decision 4 the move 1, at 9 the move 2. The empty schedule is the order in
which the real runtime would go on.

    Random      each seed is a schedule; some change often, some hardly ever
    Pct         processes have priorities that change at few random places: finds a bug
                that needs d such places with a known probability
    Exhaustive  every order that can make a difference, one after the other

Pct: Burckhardt and others, "A randomized scheduler with probabilistic guarantees of
finding bugs" (2010). Exhaustive leaves out, with sleep sets (Godefroid), the orders of
moves that cannot influence each other: a message that arrives, and whatever neither
concerns its receiver nor looks at another process.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

__all__ = [
    "Exhaustive",
    "Pct",
    "Pruned",
    "Random",
    "Replay",
    "Strategy",
    "read_schedule",
    "strategy_named",
    "written",
]

Choose = Callable[[int], int]
Schedule = dict[int, int]
#: With which probability a random schedule takes the first move.
_STEADY = (0.0, 0.0, 0.5, 0.8, 0.95)


def read_schedule(text: str) -> Schedule:
    """Return what a schedule says: {decision: move}.

    Raises:
        ValueError: it is not written as `"4:1 9:2"`.
    """
    try:
        pairs = [part.split(":") for part in text.split()]
        return {int(decision): int(move) for decision, move in pairs}
    except ValueError:
        raise ValueError(
            f"schedule: expected decisions and moves such as '4:1 9:2', got {text!r}"
        ) from None


def written(schedule: Schedule) -> str:
    """Return a schedule as text."""
    return " ".join(f"{decision}:{move}" for decision, move in sorted(schedule.items()))


class Strategy:
    """Chooses the moves of one run after another; `made` is what it chose in this run."""

    #: It is asked even when there is only one move.
    asks_always = False

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.made: list[int] = []
        self.runtime: Any = None

    def begin(self, number: int) -> Choose:
        """Prepare run `number`, counted from 0; return what chooses its moves."""
        raise NotImplementedError

    def finished(self) -> bool:
        """Tell whether there is nothing left to try."""
        return False

    def schedule(self) -> Schedule:
        """Return the schedule of this run."""
        return {decision: move for decision, move in enumerate(self.made) if move}


class Replay(Strategy):
    """Repeats one schedule."""

    def __init__(self, schedule: Schedule) -> None:
        super().__init__(0)
        self.chosen = schedule

    def begin(self, number: int) -> Choose:
        """Prepare a run."""
        made = self.made = []
        chosen = self.chosen

        def choose(total: int) -> int:
            move = min(chosen.get(len(made), 0), total - 1)
            made.append(move)
            return move

        return choose


class Random(Strategy):
    """Chooses at random, by the seed `seed + number`."""

    def begin(self, number: int) -> Choose:
        """Prepare a run."""
        made = self.made = []
        draw = random.Random(self.seed + number).random
        steady = _STEADY[int(draw() * len(_STEADY))]
        if steady:

            def choose(total: int) -> int:
                move = 0 if draw() < steady else int(draw() * total)
                made.append(move)
                return move
        else:

            def choose(total: int) -> int:
                move = int(draw() * total)
                made.append(move)
                return move

        return choose


class Pct(Strategy):
    """Follows random priorities, which change at `depth` - 1 places."""

    def __init__(self, seed: int, depth: int = 3) -> None:
        super().__init__(seed)
        self.depth = depth
        self.length = 50

    def begin(self, number: int) -> Choose:
        """Prepare a run."""
        self.length = max(self.length, len(self.made), 1)
        made = self.made = []
        draw = random.Random(self.seed + number).random
        changes = {int(draw() * self.length) for _ in range(self.depth - 1)}
        priorities: dict[Any, float] = {}
        lowest = [0.0]

        def choose(total: int) -> int:
            owners = [(kind, whom) for kind, whom, _ in self.runtime.moves_now()]
            for owner in owners:
                if owner not in priorities:
                    priorities[owner] = draw()
            move = max(range(total), key=lambda place: priorities[owners[place]])
            if len(made) in changes:
                lowest[0] -= 1.0
                priorities[owners[move]] = lowest[0]
                move = max(range(total), key=lambda place: priorities[owners[place]])
            made.append(move)
            return move

        return choose


#: Moves that concern one process; the others may concern any.
_LOCAL = frozenset({"exit", "signal", "step"})


class Pruned(Exception):
    """Raised in the middle of a run that can bring nothing new."""


class _Node:
    """One decision of an exhaustive search: its moves, and which have been tried."""

    __slots__ = ("current", "looked", "moves", "sleeping", "tried")

    def __init__(self, moves: list[Any], sleeping: frozenset[Any]) -> None:
        self.moves = moves
        self.sleeping = sleeping
        self.tried: set[Any] = set()
        self.looked = False
        self.current = -1
        self.advance()

    def advance(self) -> bool:
        """Go to the next move worth trying; tell whether there is one."""
        for place in range(self.current + 1, len(self.moves)):
            if self.moves[place] not in self.sleeping:
                self.current, self.looked = place, False
                return True
        self.current = -1
        return False

    def below(self) -> frozenset[Any]:
        """Return what need not be tried after the current move: it was tried before it."""
        if self.looked:
            return frozenset()
        chosen = self.moves[self.current]
        asleep = self.sleeping | self.tried
        return frozenset(move for move in asleep if _are_independent(move, chosen))


def _are_independent(a: Any, b: Any) -> bool:
    """Tell whether two moves come to the same in either order."""
    kinds = (a[0], b[0])
    if kinds == ("step", "step") or not _LOCAL.issuperset(kinds):
        return False
    if "exit" in kinds and "step" in kinds:
        return False
    return bool(a[1] != b[1])


class Exhaustive(Strategy):
    """Goes through all schedules, depth first."""

    asks_always = True

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self.path: list[_Node] = []
        self.begun = False
        self.totals: list[int] = []

    def begin(self, number: int) -> Choose:
        """Prepare a run: the same as the last one up to the deepest open decision."""
        if self.begun:
            self.next_path(self.runtime.looked)
        self.begun = True
        made = self.made = []
        totals = self.totals = []
        path = self.path

        def choose(total: int) -> int:
            depth = len(made)
            if depth == len(path):
                sleeping = frozenset[Any]()
                if path:
                    path[-1].looked = self.runtime.looked
                    sleeping = path[-1].below()
                node = _Node(self.runtime.moves_now(), sleeping)
                path.append(node)
                if node.current < 0:
                    raise Pruned
            made.append(path[depth].current)
            totals.append(total)
            self.runtime.looked = False
            return path[depth].current

        return choose

    def next_path(self, looked: bool) -> None:
        """Go on at the deepest decision that has moves left."""
        if self.path:
            self.path[-1].looked = looked
        while self.path:
            node = self.path[-1]
            if node.current >= 0:
                if not node.looked:
                    node.tried.add(node.moves[node.current])
                if node.advance():
                    return
            self.path.pop()

    def finished(self) -> bool:
        """Tell whether every schedule has been tried."""
        return self.begun and not any(self._has_more(node) for node in self.path)

    def _has_more(self, node: _Node) -> bool:
        rest = node.moves[node.current + 1 :] if node.current >= 0 else []
        return any(move not in node.sleeping for move in rest)

    def schedule(self) -> Schedule:
        """Return the schedule of this run; where there is one move there is no decision."""
        made = [m for m, total in zip(self.made, self.totals, strict=False) if total > 1]
        return {decision: move for decision, move in enumerate(made) if move}


_STRATEGIES: dict[str, type[Strategy]] = {
    "random": Random,
    "pct": Pct,
    "exhaustive": Exhaustive,
}


def strategy_named(name: str, seed: int) -> Strategy:
    """Return a new strategy.

    Raises:
        ValueError: there is none with that name.
    """
    if name not in _STRATEGIES:
        raise ValueError(f"strategy: expected one of {tuple(_STRATEGIES)}, got {name!r}")
    return _STRATEGIES[name](seed)
