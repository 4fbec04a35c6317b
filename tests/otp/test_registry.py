"""Registry and PubSub under attack: races, deaths, crowds, and what may be a key."""

from __future__ import annotations

import dataclasses
import enum
import logging
from collections.abc import Iterator
from typing import Any

import pytest

import aquavit
from aquavit import (
    AlreadyStarted,
    Exit,
    GenServer,
    Mailbox,
    NoProcess,
    Pid,
    Registry,
    Supervisor,
    Via,
    exit,
    kill,
    process_info,
    receive,
    self,
    send,
    share,
    sleep,
    spawn,
    trap_exit,
    unlink,
    whereis,
)
from aquavit.core import tables
from tests.support import died, end, idle, process_test, settled


class Colour(enum.Enum):
    """A key that is compared by identity."""

    RED = 1


@dataclasses.dataclass(frozen=True)
class Seat:
    """A key that is compared by value."""

    row: Any


class Server(GenServer):
    """A server to be named."""

    def init(self) -> None: ...


async def start(keys: Any = "unique", **options: Any) -> None:
    """Start the registry "r"."""
    await Registry.start_link(keys=keys, name="r", **options)


async def stop() -> None:
    """Stop the registry, whoever is linked to its partitions."""
    for name in aquavit.registered():
        if name.startswith("r.PIDPartition"):
            unlink(whereis(name))  # type: ignore[arg-type]
    await GenServer.stop("r")


async def register_and_wait(key: Any, value: Any) -> None:
    """The body of a process with one entry."""
    Registry.register("r", key, value)
    await idle()


# --- keys and values


@process_test
async def test_keys_of_every_kind_are_found_again() -> None:
    await start()
    keys = [None, "a", b"a", 1, 1.5, True, 1j, (), ("a", [1]), [1], {1: 2}, {1}, frozenset({1})]
    keys += [Colour.RED, Seat(1), Seat(1.0), self(), int, ("nested", (1, (1.0, (True,))))]
    for number, key in enumerate(keys):
        Registry.register("r", key, number)
    assert [Registry.lookup("r", key)[0][1] for key in keys] == list(range(len(keys)))
    assert Registry.lookup("r", ("nested", (1, (1, (True,))))) == []
    assert Registry.keys("r", self()) == keys
    await stop()


@process_test
async def test_a_key_that_compares_by_identity_is_refused() -> None:
    await start()

    class Thing: ...

    with pytest.raises(TypeError, match="expected a key that compares by value"):
        Registry.register("r", Thing())
    with pytest.raises(TypeError, match="expected a key that compares by value"):
        Registry.lookup("r", ("in a tuple", Thing()))
    await stop()


@process_test
async def test_values_and_keys_are_copied_in_and_out() -> None:
    await start()
    value, key = {"list": [1]}, ["key"]
    Registry.register("r", key, value)
    value["list"].append(2)
    key.append("more")
    ((_, found),) = Registry.lookup("r", ["key"])
    assert found == {"list": [1]}
    found["list"].append(3)
    Registry.keys("r", self())[0].append("more")
    Registry.match("r", ["key"], lambda each: each["list"].append(4))
    Registry.select("r", lambda row: row[2]["list"].append(5))
    assert Registry.select("r") == [(["key"], self(), {"list": [1]})]
    new, _ = Registry.update_value("r", ["key"], lambda each: {"list": [*each["list"], 6]})
    new["list"].append(7)
    assert Registry.values("r", ["key"], self()) == [{"list": [1, 6]}]
    shared = [0]
    Registry.register("r", "shared", share(shared))
    await stop()


@process_test
async def test_an_update_that_raises_changes_nothing() -> None:
    await start()
    Registry.register("r", "a", 1)
    with pytest.raises(ZeroDivisionError):
        Registry.update_value("r", "a", lambda value: value / 0)
    assert Registry.lookup("r", "a") == [(self(), 1)]
    await stop()


@pytest.mark.parametrize(
    ("options", "problem", "words"),
    [
        ({"keys": "many", "name": "r"}, ValueError, "expected keys='unique' or 'duplicate'"),
        ({"keys": "unique", "name": 1}, TypeError, r"expected a name \(str\)"),
        ({"keys": "unique", "name": "r", "partitions": 0}, ValueError, "expected 1 partition"),
        ({"keys": "unique", "name": "r", "partitions": True}, ValueError, "expected 1 partition"),
        ({"keys": "unique", "name": "r", "listeners": "ears"}, TypeError, "names .str. as"),
    ],
)
def test_wrong_options_are_refused(options: Any, problem: Any, words: str) -> None:
    @process_test
    async def test() -> None:
        with pytest.raises(problem, match=words):
            await Registry.start_link(**options)

    test()


@process_test
async def test_a_name_can_be_had_by_one_registry_only() -> None:
    await start()
    with pytest.raises(AlreadyStarted):
        await start()
    Registry.register("r", "still", "there")
    assert Registry.count("r") == 1
    await stop()


# --- deaths


@process_test
async def test_a_key_is_free_as_soon_as_its_owner_is_on_its_way_out() -> None:
    await start()
    owner = spawn(register_and_wait, "key", 1)
    await settled()
    exit(owner, "shutdown")
    Registry.register("r", "key", 2)  # before the owner has run its clean-up
    await settled()
    assert Registry.lookup("r", "key") == [(self(), 2)]
    assert Registry.keys("r", owner) == []
    await stop()


@process_test
async def test_an_owner_that_traps_exits_survives_its_partition() -> None:
    heard = self()

    async def survivor() -> None:
        trap_exit(True)
        partition = Registry.register("r", "key")
        send(heard, "registered")
        send(heard, await receive(Exit(partition, ...)))

    trap_exit(True)
    await start()
    spawn(survivor)
    await receive("registered")
    partition: Any = whereis("r.PIDPartition0")
    kill(partition)
    assert (await receive(Exit, timeout=5.0)).reason == "killed"
    await settled()
    trap_exit(False)
    assert Registry.count("r") == 0
    assert whereis("r.PIDPartition0") != partition
    await stop()


@pytest.mark.parametrize(("keys", "left"), [("unique", 0), ("duplicate", 3)])
def test_a_killed_partition_takes_its_own_down_and_the_others_if_keys_are_unique(
    keys: str, left: int
) -> None:
    @process_test
    async def test() -> None:
        await start(keys, partitions=4)
        owners = [spawn(register_and_wait, number, number) for number in range(4)]
        await settled()
        assert Registry.count("r") == 4
        kill(whereis("r.PIDPartition2"))  # type: ignore[arg-type]
        await settled()
        assert Registry.count("r") == len(Registry.select("r")) == left
        assert sum(map(aquavit.is_alive, owners)) == left
        for owner in owners:
            await end(owner)
        await stop()

    test()


@process_test
async def test_nobody_can_register_while_the_partition_is_gone() -> None:
    trap_exit(True)
    await start()
    kill(whereis("r.PIDPartition0"))  # type: ignore[arg-type]
    with pytest.raises(NoProcess, match="its partition has ended"):
        Registry.register("r", "key")
    await settled()
    trap_exit(False)
    await stop()


@process_test
async def test_the_end_of_a_registry_ends_its_registrants() -> None:
    await start()
    owner = spawn(register_and_wait, "key", 1)
    await settled()
    unlink(whereis("r"))  # type: ignore[arg-type]
    await GenServer.stop("r", "shutdown")
    await died(owner)
    assert aquavit.registered() == []


@process_test
async def test_one_process_of_many_gets_the_name() -> None:
    await start(partitions=3)
    name = Via("r", "one")

    async def race() -> object:
        try:
            pid = await Server.start(name=name)
        except AlreadyStarted as error:
            return "lost", error.pid
        return "won", pid

    me = self()
    for _ in range(20):
        spawn(lambda: _report(me, race))
    results = [await receive((str, Pid), timeout=5.0) for _ in range(20)]
    holder = name.whereis()
    assert sorted(result for result, _ in results) == ["lost"] * 19 + ["won"]
    assert {pid for _, pid in results} == {holder}
    await settled()
    assert Registry.count("r") == 1
    await GenServer.stop(name)
    await stop()


async def _report(to: Pid[Any], fn: Any) -> None:
    send(to, await fn())


@pytest.fixture
def quiet() -> Iterator[None]:
    """Silence the reports of those that are killed."""
    logger = logging.getLogger("aquavit")
    logger.disabled = True
    yield
    logger.disabled = False


@pytest.mark.usefixtures("quiet")
@process_test
async def test_a_killed_registry_is_restarted_empty_again_and_again() -> None:
    children = [Registry.child_spec(keys="unique", name="r", partitions=3)]
    async with Supervisor.running(children, max_restarts=100):
        for number in range(20):
            owner = spawn(register_and_wait, "key", number)
            await settled()
            assert Registry.lookup("r", "key") == [(owner, number)]
            kill(whereis("r"))  # type: ignore[arg-type]
            await settled()
            assert not aquavit.is_alive(owner)
            assert Registry.count("r") == 0
        state = await aquavit.system.get_state("r.PIDPartition2")
        assert state == {"registry": "r", "partition": 2, "owners": 0}


@process_test
async def test_what_registers_in_its_clean_up_leaves_nothing() -> None:
    async def late() -> None:
        try:
            await idle()
        finally:
            Registry.register("r", "late")

    await start()
    owner = spawn(late)
    await settled()
    exit(owner, "shutdown")
    await died(owner)
    await settled()
    assert (Registry.lookup("r", "late"), Registry.count("r")) == ([], 0)
    await stop()


# --- crowds and leaks


@process_test
async def test_a_hundred_thousand_entries_come_and_go() -> None:
    await start(partitions=4)
    owners = [spawn(register_and_wait, ("key", number), number) for number in range(20_000)]
    for number in range(80_000):
        Registry.register("r", number, number)
    await settled()
    assert Registry.count("r") == 100_000
    assert Registry.lookup("r", ("key", 7)) == [(owners[7], 7)]
    for owner in owners:
        kill(owner)
    for number in range(80_000):
        Registry.unregister("r", number)
    await settled()
    table = tables.find("r")
    assert (Registry.count("r"), table.keys) == (0, {})
    assert [part.owners for part in table.parts] == [{}, {}, {}, {}]
    await stop()


@process_test
async def test_many_processes_under_one_key_leave_nothing_behind() -> None:
    await start("duplicate", partitions=3)
    owners = [spawn(register_and_wait, "key", number) for number in range(1_000)]
    await settled()
    assert sorted(value for _, value in Registry.lookup("r", "key")) == list(range(1_000))
    await end(*owners)
    await settled()
    assert [(part.keys, part.owners) for part in tables.find("r").parts] == [({}, {})] * 3
    await stop()


@process_test
async def test_an_asyncio_task_registers_and_its_entry_goes_with_it() -> None:
    import asyncio

    await start()

    async def task() -> None:
        Registry.register("r", "task", 1)
        await sleep(0)

    await asyncio.create_task(task())
    await settled()
    assert Registry.lookup("r", "task") == []
    assert Registry.count("r") == 0
    await stop()


@process_test
async def test_a_listener_that_is_full_misses_what_registers() -> None:
    ears = spawn(idle, name="ears", mailbox=Mailbox(1, "wait"))
    registry = await Registry.start_link(keys="unique", name="r", listeners=["ears"])
    for key in range(3):
        Registry.register("r", key)
    Registry.unregister("r", 2)
    assert Registry.keys("r", self()) == [0, 1]
    assert process_info(ears).messages == (("register", "r", 0, self(), None),)
    Registry.unregister("r", 0)
    Registry.unregister("r", 1)
    await end(ears, registry)


# --- odd keys and values


def _nested(kind: str) -> Any:
    key: Any = {} if kind == "a dict of itself" else []
    if kind == "a list of itself":
        key.append(key)
    elif kind == "a dict of itself":
        key["key"] = key
    else:
        for _ in range(200_000):
            key = (key,) if kind == "tuples" else [key]
    return key


@pytest.mark.parametrize("kind", ["a list of itself", "a dict of itself", "lists", "tuples"])
@process_test
async def test_a_key_that_is_nested_too_deeply_is_refused(kind: str) -> None:
    await start()
    key = _nested(kind)
    for use in (
        lambda: Registry.lookup("r", key),
        lambda: Registry.register("r", key, 1),
        lambda: Registry.unregister("r", key),
        lambda: Registry.put_meta("r", key, 1),
        lambda: send(Via("r", key), "message"),
    ):
        with pytest.raises((ValueError, RecursionError), match="levels"):
            use()
    registry = whereis("r")
    assert registry is not None
    await end(registry)


@process_test
async def test_a_value_that_is_shared_stays_so() -> None:
    await start("duplicate")
    table = {"rows": (row for row in "abc")}
    Registry.register("r", "key", share(table))
    for _ in range(2):
        [(_, found)] = Registry.lookup("r", "key")
        assert found is table
    Registry.unregister("r", "key")
    registry = whereis("r")
    assert registry is not None
    await end(registry)
