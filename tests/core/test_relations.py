"""Links and monitors as data, against a naive model of sets."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aquavit.core import ids, relations
from aquavit.core import process as processes

_WHO = st.integers(0, 4)
_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["link", "link", "unlink", "monitor", "monitor", "demonitor", "die"]),
        _WHO,
        _WHO,
    ),
    max_size=80,
)


class Crowd:
    """Five processes, and what the model knows of them."""

    def __init__(self) -> None:
        self.all: list[Any] = [processes.new_process(None) for _ in range(5)]
        self.links: set[frozenset[int]] = set()
        self.order: dict[int, list[int]] = {number: [] for number in range(5)}
        self.monitors: dict[Any, tuple[int, int]] = {}

    def link(self, a: int, b: int) -> None:
        relations.add_link(self.all[a], self.all[b])
        if a != b and b not in self.order[a]:
            self.order[a].append(b)
            self.order[b].append(a)

    def unlink(self, a: int, b: int) -> None:
        assert relations.remove_link(self.all[a], self.all[b]) == (b in self.order[a])
        if b in self.order[a]:
            self.order[a].remove(b)
            self.order[b].remove(a)

    def monitor(self, a: int, b: int) -> None:
        ref = ids.new_ref()
        relations.add_monitor(self.all[a], self.all[b], ref, None, None)
        self.monitors[ref] = (a, b)

    def demonitor(self, a: int, b: int) -> None:
        refs = [ref for ref, (who, whom) in self.monitors.items() if (who, whom) == (a, b)]
        for ref in refs[:1]:
            assert relations.remove_monitor(self.all[a], ref)
            assert not relations.remove_monitor(self.all[a], ref)
            del self.monitors[ref]

    def die(self, a: int, _: int) -> None:
        """Take everything away, as the runtime does for one that dies."""
        relations.drop_monitors(self.all[a])
        self.monitors = {ref: pair for ref, pair in self.monitors.items() if pair[0] != a}
        for peer in relations.peers(self.all[a]):
            relations.remove_link(self.all[a], peer)
        for b in list(self.order[a]):
            self.order[a].remove(b)
            self.order[b].remove(a)
        taken = relations.take_watchers(self.all[a])
        told = [ref for ref, (_, whom) in self.monitors.items() if whom == a]
        assert [each.ref for each in taken] == told
        for ref in told:
            del self.monitors[ref]

    def agree(self) -> None:
        for number, each in enumerate(self.all):
            peers = [self.all[other] for other in self.order[number]]
            assert relations.peers(each) == peers
            for other in self.all:
                assert relations.are_linked(each, other) == (other in peers)
            mine = [self.all[whom].pid for who, whom in self.monitors.values() if who == number]
            assert relations.monitors(each) == mine
            watched = [
                self.all[who].pid
                for who, whom in self.monitors.values()
                if whom == number and who != whom  # watching oneself never fires
            ]
            assert relations.watchers(each) == watched


@given(_STEPS)
def test_links_and_monitors_are_like_sets_of_pairs(steps: list[tuple[str, int, int]]) -> None:
    crowd = Crowd()
    for what, a, b in steps:
        getattr(crowd, what)(a, b)
        crowd.agree()


def test_a_process_that_loses_its_last_link_holds_nothing() -> None:
    a, b, c = (processes.new_process(None) for _ in range(3))
    for other in (b, c):
        relations.add_link(a, other)
    for other in (b, c):
        assert relations.remove_link(a, other)
    assert relations.peers(a) == relations.peers(b) == relations.peers(c) == []


def test_an_alias_ends_once() -> None:
    owner = processes.new_process(None)
    made = ids.new_alias(owner.pid)
    assert relations.alias_mode(owner, made) is None
    assert not relations.remove_alias(owner, made)
    relations.add_alias(owner, made, relations.EXPLICIT)
    assert relations.alias_mode(owner, made) == relations.EXPLICIT
    assert relations.remove_alias(owner, made)
    assert not relations.remove_alias(owner, made)


def test_the_end_of_a_monitor_ends_only_an_alias_that_goes_with_it() -> None:
    owner = processes.new_process(None)
    for mode, stays in ((relations.EXPLICIT, True), (relations.DEMONITOR, False)):
        made = ids.new_alias(owner.pid)
        relations.add_alias(owner, made, mode)
        relations.monitor_ended(owner, made)
        assert (relations.alias_mode(owner, made) is not None) is stays
