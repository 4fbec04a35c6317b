"""What pg_SUITE checks of groups on one node: here a Registry with duplicate keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aquavit import (
    GenServer,
    Pid,
    PubSub,
    Registry,
    flush,
    receive,
    self,
    send,
    sleep,
    spawn,
)
from tests.support import died, end, idle, process_test, settled


def members(group: Any) -> list[Pid[Any]]:
    """Return who is in a group, as often as it has joined."""
    return [pid for pid, _ in Registry.lookup("groups", group)]


async def joined(group: Any, then: Callable[[], Any] = idle) -> Pid[Any]:
    """Return a process that has joined a group."""
    test = self()

    async def joins() -> None:
        Registry.register("groups", group)
        send(test, self())
        await then()

    spawn(joins)
    pid: Pid[Any] = await receive(Pid)
    return pid


@process_test
async def test_a_process_joins_and_leaves_a_group() -> None:
    registry = await Registry.start_link(keys="duplicate", name="groups")
    Registry.register("groups", "group")
    assert members("group") == [self()]
    assert Registry.keys("groups", self()) == ["group"]
    assert Registry.count("groups") == 1
    Registry.unregister("groups", "group")
    assert members("group") == []
    assert Registry.keys("groups", self()) == []
    assert Registry.count("groups") == 0
    await GenServer.stop(registry)


@process_test
async def test_a_process_may_join_more_than_once_and_goes_with_its_end() -> None:
    registry = await Registry.start_link(keys="duplicate", name="groups")
    for _ in range(3):
        Registry.register("groups", "group")
    assert members("group") == [self()] * 3
    Registry.unregister("groups", "missing")
    Registry.unregister("groups", "group")
    assert members("group") == []
    Registry.register("groups", "group")
    other = await joined("group")
    assert sorted(members("group")) == sorted([self(), other])
    await end(other)
    assert members("group") == [self()]
    Registry.unregister("groups", "group")
    await GenServer.stop(registry)


@process_test
async def test_leaving_and_ending_at_once_leaves_no_member() -> None:
    registry = await Registry.start_link(keys="duplicate", name="groups", partitions=2)

    async def leaves() -> None:
        Registry.unregister("groups", "group")

    for turn in range(50):
        pid = await joined("group", leaves if turn % 2 else lambda: sleep(0))
        if turn % 3 == 0:
            await end(pid)
    await settled()
    assert members("group") == []
    assert Registry.count("groups") == 0
    await GenServer.stop(registry)


@process_test
async def test_a_message_goes_to_all_of_a_topic_while_they_live() -> None:
    hub = await PubSub.start_link(name="groups")
    test = self()

    async def passes_on() -> None:
        send(test, (self(), await receive("news")))

    pids = [await joined("topic", passes_on) for _ in range(3)]
    PubSub.broadcast("groups", "topic", "news")
    assert sorted([await receive() for _ in pids]) == sorted((pid, "news") for pid in pids)
    for pid in pids:
        await died(pid)
    PubSub.broadcast("groups", "topic", "nobody hears it")
    await settled()
    assert flush() == []
    await GenServer.stop(hub)
