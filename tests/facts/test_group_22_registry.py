"""Group 22: Registry."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import aquavit
from aquavit import (
    AlreadyRegistered,
    Exit,
    GenServer,
    Pid,
    Registry,
    Via,
    call,
    kill,
    receive,
    self,
    send,
    sleep,
    spawn,
    trap_exit,
    unlink,
    whereis,
)
from tests.support import died, end, idle, info, process_test, settled


async def unique(**options: Any) -> None:
    """Start a registry of unique keys, "r"."""
    await Registry.start_link(keys="unique", name="r", **options)


async def duplicate(**options: Any) -> None:
    """Start a registry of duplicate keys, "r"."""
    await Registry.start_link(keys="duplicate", name="r", **options)


async def stop() -> None:
    """Stop the registry."""
    for name in ("r.PIDPartition0", "r.PIDPartition1"):
        partition = whereis(name)
        if partition is not None:
            unlink(partition)
    await GenServer.stop("r")


async def registered(*pairs: tuple[Any, Any]) -> Pid[Any]:
    """Return a process that has registered itself with each key and value."""
    parent = self()

    async def own() -> None:
        for key, value in pairs:
            Registry.register("r", key, value)
        send(parent, ("registered", self()))
        await idle()

    pid = spawn(own)
    await receive(("registered", pid), timeout=5.0)
    return pid


class Room(GenServer):
    """A server to be named."""

    def init(self) -> None: ...

    @call
    def pid(self) -> Pid[Any]:
        """Return its Pid."""
        return aquavit.self()


@process_test
async def test_fact_279_a_unique_key_is_taken_once_also_by_its_own_process() -> None:
    await unique()
    assert Registry.register("r", "key", "value") == whereis("r.PIDPartition0")
    with pytest.raises(AlreadyRegistered) as refused:
        Registry.register("r", "key", "other")
    assert (refused.value.pid, refused.value.key) == (self(), "key")
    other = await registered(("theirs", 1))
    with pytest.raises(AlreadyRegistered, match="has the key 'theirs' of 'r' already") as refused:
        Registry.register("r", "theirs", 2)
    assert refused.value.pid == other
    assert Registry.lookup("r", "key") == [(self(), "value")]
    await end(other)
    await stop()


@process_test
async def test_fact_280_entries_go_when_their_owner_dies() -> None:
    await unique()
    owner = await registered(("a", 1), ("b", 2))
    assert Registry.count("r") == 2
    kill(owner)
    # Sooner than in Elixir: no reader is shown a process that is on its way out.
    assert Registry.lookup("r", "a") == []
    assert Via("r", "a").whereis() is None
    await settled()
    assert Registry.count("r") == 0
    await stop()


@process_test
async def test_fact_281_lookup_gives_pairs_and_compares_keys_strictly() -> None:
    await unique()
    assert Registry.lookup("r", 1) == []
    for value, key in enumerate([1, 1.0, True, (1, "a"), (1.0, "a"), [1], {"k": 1}, {"k": True}]):
        Registry.register("r", key, value)
    assert Registry.lookup("r", 1) == [(self(), 0)]
    assert Registry.lookup("r", 1.0) == [(self(), 1)]
    assert Registry.lookup("r", True) == [(self(), 2)]
    assert Registry.lookup("r", (1, "a")) == [(self(), 3)]
    assert Registry.lookup("r", (1.0, "a")) == [(self(), 4)]
    assert Registry.lookup("r", [1]) == [(self(), 5)]
    assert Registry.lookup("r", (1,)) == []
    assert Registry.lookup("r", {"k": 1}) == [(self(), 6)]
    assert Registry.lookup("r", {"k": True}) == [(self(), 7)]
    await stop()


@process_test
async def test_fact_282_a_duplicate_key_may_be_had_many_times() -> None:
    await duplicate()
    other = await registered(("a", "theirs"))
    for key, value in (("a", 1), ("b", 2), ("a", 3), ("a", 3)):
        Registry.register("r", key, value)
    me = self()
    assert Registry.lookup("r", "a") == [(other, "theirs"), (me, 1), (me, 3), (me, 3)]
    assert Registry.keys("r", me) == ["a", "b", "a", "a"]
    assert Registry.values("r", "a", me) == [1, 3, 3]
    assert Registry.values("r", "b", other) == []
    await end(other)
    await stop()


@process_test
async def test_fact_283_unregister_takes_only_the_callers_entries() -> None:
    await duplicate()
    other = await registered(("a", 1))
    for value in (1, "one", ("one", 1)):
        Registry.register("r", "a", value)
    Registry.unregister_match("r", "a", "nothing")
    Registry.unregister_match("r", "a", (str, ...))
    assert Registry.values("r", "a", self()) == [1, "one"]
    Registry.unregister_match("r", "a", lambda value: value < 2)
    assert Registry.values("r", "a", self()) == ["one"]
    Registry.unregister("r", "a")
    Registry.unregister("r", "a")
    Registry.unregister("r", "never")
    assert Registry.lookup("r", "a") == [(other, 1)]
    await end(other)
    await stop()


@process_test
async def test_fact_284_a_value_is_updated_by_the_owner_of_a_unique_key() -> None:
    await unique()
    other = await registered(("theirs", 1))
    Registry.register("r", "key", 1)
    assert Registry.update_value("r", "key", lambda value: value + 1) == (2, 1)
    assert Registry.lookup("r", "key") == [(self(), 2)]
    with pytest.raises(LookupError, match="expected a key of"):
        Registry.update_value("r", "theirs", lambda value: value + 1)
    with pytest.raises(LookupError, match="expected a key of"):
        Registry.update_value("r", "nobody's", lambda value: value + 1)
    await end(other)
    await stop()
    await duplicate()
    with pytest.raises(ValueError, match="expected a registry of unique keys"):
        Registry.update_value("r", "key", lambda value: value)
    await stop()


@process_test
async def test_fact_285_dispatch_calls_with_all_entries_of_each_partition() -> None:
    await duplicate(partitions=2)
    seen: list[Any] = []
    Registry.dispatch("r", "none", seen.append)
    assert seen == []
    owners = [await registered(("a", number)) for number in range(4)]
    Registry.dispatch("r", "a", seen.append)
    assert sorted(map(len, seen)) == [2, 2]
    assert sorted(pair for pairs in seen for pair in pairs) == sorted(Registry.lookup("r", "a"))
    await end(*owners)
    await stop()


@process_test
async def test_fact_286_a_via_leads_to_the_process_with_the_key() -> None:
    await unique()
    name = Via("r", ("room", 1), "value")
    room = await Room.start_link(name=name)
    assert Registry.lookup("r", ("room", 1)) == [(room, "value")]
    assert await Room.pid(name) == room
    assert GenServer.whereis(name) == room
    await GenServer.stop(name)
    assert name.whereis() is None
    await stop()
    await duplicate()
    for use in (Via("r", 1).whereis, lambda: send(Via("r", 1), "x")):
        with pytest.raises(ValueError, match="Via: expected a registry of unique keys"):
            use()
    with pytest.raises(ValueError, match="Via: expected a registry of unique keys"):
        await Room.start_link(name=Via("r", 1))
    await stop()


@process_test
async def test_fact_287_match_and_select_take_patterns() -> None:
    await duplicate(partitions=2)
    me = self()
    other = await registered(("a", ("rank", 3)), ("b", "text"))
    Registry.register("r", "a", ("rank", 1))
    Registry.register("r", "a", {"name": "x", "rank": 2})
    assert Registry.match("r", "a", ("rank", lambda rank: rank > 1)) == [(other, ("rank", 3))]
    assert Registry.match("r", "a", {"rank": int}) == [(me, {"name": "x", "rank": 2})]
    assert Registry.count_match("r", "a", ("rank", int)) == 2
    assert Registry.count_match("r", "none", ...) == 0
    assert Registry.select("r", (..., ..., str)) == [("b", other, "text")]
    assert len(Registry.select("r")) == Registry.count_select("r") == 4
    assert Registry.count_select("r", ("b", ..., ...), (..., me, ("rank", 1))) == 2
    await end(other)
    await stop()


@process_test
async def test_fact_288_a_registered_process_is_linked_to_its_partition() -> None:
    await unique()
    before = info(self()).links
    partition = Registry.register("r", "a")
    Registry.register("r", "b")
    assert info(self()).links == (*before, partition)
    Registry.unregister("r", "a")
    assert info(self()).links == (*before, partition)
    Registry.unregister("r", "b")
    assert info(self()).links == before
    await stop()


@process_test
async def test_fact_288_a_killed_partition_takes_its_registrants_down() -> None:
    await unique()
    owner = await registered(("a", 1))
    trap_exit(True)
    partition = Registry.register("r", "mine")
    kill(partition)
    assert await receive(Exit(partition, ...)) == Exit(partition, "killed")
    assert await died(owner) in ("killed", "noproc")
    trap_exit(False)
    await settled()
    assert whereis("r.PIDPartition0") not in (None, partition)
    assert Registry.register("r", "mine") == whereis("r.PIDPartition0")
    await stop()


@process_test
async def test_fact_289_listeners_are_told_of_what_processes_do() -> None:
    aquavit.register(self(), "ears")
    await unique(listeners=["ears", "nobody"])
    Registry.register("r", "a", 1)
    assert await receive(timeout=0) == ("register", "r", "a", self(), 1)
    with pytest.raises(AlreadyRegistered):
        Registry.register("r", "a", 2)
    Registry.unregister("r", "a")
    assert await receive(timeout=0) == ("unregister", "r", "a", self())
    owner = await registered(("b", 2))
    assert await receive(timeout=0) == ("register", "r", "b", owner, 2)
    await end(owner)
    await settled()
    assert await receive(timeout=0, default="nothing") == "nothing"
    aquavit.unregister("ears")
    await stop()


@process_test
async def test_fact_290_an_unknown_registry_is_an_error_and_meta_is_stored() -> None:
    for use in (
        lambda: Registry.lookup("r", 1),
        lambda: Registry.register("r", 1),
        lambda: Registry.count("r"),
        lambda: Registry.put_meta("r", 1, 1),
        lambda: Via("r", 1).whereis(),
    ):
        with pytest.raises(ValueError, match="unknown registry: 'r'"):
            use()
    await unique(meta={"limit": 10})
    assert Registry.meta("r", "limit") == 10
    with pytest.raises(KeyError):
        Registry.meta("r", "none")
    assert Registry.meta("r", "none", "default") == "default"
    Registry.put_meta("r", ("any", "key"), [1])
    assert Registry.meta("r", ("any", "key")) == [1]
    Registry.delete_meta("r", "limit")
    Registry.delete_meta("r", "limit")
    assert Registry.meta("r", "limit", None) is None
    await stop()
    with pytest.raises(ValueError, match="unknown registry: 'r'"):
        Registry.meta("r", "limit", None)


@process_test
async def test_fact_291_count_counts_all_and_keys_those_of_a_process() -> None:
    for start in (unique, duplicate):
        await start(partitions=2)
        other = await registered(("a", 1), ("b", 2))
        Registry.register("r", "c", 3)
        assert Registry.count("r") == 3
        assert Registry.keys("r", other) == ["a", "b"]
        assert Registry.keys("r", self()) == ["c"]
        await end(other)
        assert Registry.keys("r", other) == []
        Registry.unregister("r", "c")
        await stop()


@process_test
async def test_fact_292_a_lock_is_held_by_one_at_a_time_and_freed_by_its_end() -> None:
    await unique()
    main, order = self(), []

    async def hold(number: int) -> None:
        async def work() -> str:
            send(main, ("begins", number))
            return await receive(str)

        send(main, ("held", number, await Registry.lock("r", "key", work)))

    pids = [spawn(hold, number) for number in range(4)]
    other = await Registry.lock("r", "other key", lambda: "not held up")
    for number, pid in enumerate(pids[:3]):
        assert await receive(timeout=5.0) == ("begins", number)
        await settled()
        order.append(number)
        if number == 1:
            kill(pid)
        elif number == 0:
            kill(pids[3])  # it only waits for the lock
            send(pid, "done")
            assert await receive(("held", ..., ...), timeout=5.0) == ("held", 0, "done")
        else:
            send(pid, "done")
            assert await receive(("held", ..., ...), timeout=5.0) == ("held", 2, "done")
    assert (other, order) == ("not held up", [0, 1, 2])
    await settled()
    assert await Registry.lock("r", "key", lambda: "free again") == "free again"
    await stop()


@process_test
async def test_fact_292_a_lock_is_freed_by_an_error_and_by_a_wait_that_is_given_up() -> None:
    await unique(partitions=2)
    with pytest.raises(ZeroDivisionError):
        await Registry.lock("r", 1, lambda: 1 / 0)
    holder = spawn(Registry.lock, "r", 1, sleep, None)
    await settled()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await Registry.lock("r", 1, lambda: "too late")
    kill(holder)
    assert await Registry.lock("r", 1.0, lambda: "another key") == "another key"
    assert await Registry.lock("r", 1, lambda: "free again") == "free again"
    with pytest.raises(TypeError, match=r"^Registry\.lock: expected a function, got 5$"):
        await Registry.lock("r", 1, 5)  # type: ignore[arg-type]
    await stop()
