"""Group 23: partition supervisors."""

from __future__ import annotations

import os
from typing import Any

import pytest

from aquavit import (
    DynamicSupervisor,
    GenServer,
    NoProcess,
    PartitionSupervisor,
    Supervisor,
    flush,
    is_alive,
    kill,
    whereis,
)
from tests.supervised import C, spec
from tests.support import died, process_test, settled

pytestmark = pytest.mark.usefixtures("no_reports")


def holder(key: Any, name: str = "ps") -> Any:
    """Return the Pid that a key leads to."""
    return GenServer.whereis(PartitionSupervisor.via(name, key))


async def start(**options: Any) -> Any:
    sup = await PartitionSupervisor.start_link(spec("x"), **options)
    flush()
    return sup


async def stop(*sups: Any) -> None:
    for sup in sups:
        await PartitionSupervisor.stop(sup)
    flush()


@process_test
async def test_fact_293_it_starts_copies_with_numbers_for_ids() -> None:
    sup = await start(name="ps", partitions=3)
    rows = await PartitionSupervisor.which_children(sup)
    assert [row.id for row in rows] == [2, 1, 0]
    assert (await PartitionSupervisor.count_children("ps")).active == 3
    await stop(sup)


@process_test
async def test_fact_293_there_is_one_for_each_processor() -> None:
    await start(name="ps")
    assert PartitionSupervisor.partitions("ps") == os.cpu_count()
    await stop("ps")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "expected name"),
        ({"name": "ps", "partitions": 0}, "expected partitions to be an int above 0, got 0"),
    ],
)
@process_test
async def test_fact_293_wrong_options_are_errors(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        await start(**options)
    with pytest.raises(TypeError, match="expected a child"):
        await PartitionSupervisor.start_link(5, name="ps")


@process_test
async def test_fact_294_an_integer_leads_to_its_remainder() -> None:
    sup = await start(name="ps", partitions=3)
    parts = [row.pid for row in reversed(await PartitionSupervisor.which_children(sup))]
    assert [holder(key) for key in (0, 1, 2, 3, 4, -1, -2)] == [
        parts[number] for number in (0, 1, 2, 0, 1, 1, 2)
    ]
    await stop(sup)


@pytest.mark.parametrize("key", ["a", b"b", ("c", 1), 1.5, None])
@process_test
async def test_fact_294_another_key_leads_to_its_hash(key: Any) -> None:
    sup = await start(name="ps", partitions=3)
    assert holder(key) == holder(key)
    assert holder(key) in [row.pid for row in await PartitionSupervisor.which_children(sup)]
    await stop(sup)


@process_test
async def test_fact_294_keys_spread_over_all_partitions() -> None:
    sup = await start(name="ps", partitions=4)
    counts: dict[Any, int] = {}
    for number in range(1000):
        pid = holder(("user", str(number)))
        counts[pid] = counts.get(pid, 0) + 1
    assert len(counts) == 4
    assert min(counts.values()) > 180
    await stop(sup)


@process_test
async def test_fact_295_arguments_can_depend_on_the_partition() -> None:
    await PartitionSupervisor.start_link(
        spec("x"), name="ps", partitions=2, with_arguments=lambda args, number: (number, args[1])
    )
    assert flush() == [("start", 0), ("start", 1)]
    await stop("ps")
    assert whereis("ps") is None


@process_test
async def test_fact_296_a_restarted_partition_keeps_its_keys() -> None:
    sup = await start(name="ps", partitions=3)
    before = [holder(key) for key in range(3)]
    kill(before[1])
    await died(before[1])
    await settled()
    after = [holder(key) for key in range(3)]
    assert after[0] == before[0]
    assert after[2] == before[2]
    assert after[1] != before[1]
    assert is_alive(after[1])
    await stop(sup)


@process_test
async def test_a_key_of_nobody_leads_nowhere() -> None:
    assert holder(1, "nobody") is None
    with pytest.raises(NoProcess):
        await GenServer.call(PartitionSupervisor.via("nobody", 1), "x")
    with pytest.raises(NoProcess, match="it is no PartitionSupervisor"):
        PartitionSupervisor.partitions("nobody")


@process_test
async def test_a_partition_is_no_name_for_others() -> None:
    await start(name="ps", partitions=1)
    with pytest.raises(ValueError, match="a partition cannot be given"):
        await C.start_link("x", whereis("ps"), name=PartitionSupervisor.via("ps", 0))
    await stop("ps")


@process_test
async def test_dynamic_supervisors_behind_a_partition_supervisor() -> None:
    child = PartitionSupervisor.child_spec(DynamicSupervisor, name="dyn", partitions=2)
    sup = await Supervisor.start_link([child])
    for number in range(4):
        await DynamicSupervisor.start_child(PartitionSupervisor.via("dyn", number), spec(number))
    rows = await PartitionSupervisor.which_children("dyn")
    counts = [(await DynamicSupervisor.count_children(row.pid)).active for row in rows]
    assert counts == [2, 2]
    await stop(sup)


@pytest.mark.parametrize("strategy", ["one_for_one", "one_for_all"])
@process_test
async def test_fact_297_resize_stops_partitions_and_starts_them_again(strategy: str) -> None:
    sup = await start(name="ps", partitions=3, strategy=strategy)
    before = [holder(key) for key in range(3)]
    assert await PartitionSupervisor.resize("ps", 1) == 3
    assert [holder(key) for key in range(3)] == [before[0]] * 3
    assert [is_alive(pid) for pid in before] == [True, False, False]
    kill(before[0])
    await died(before[0])
    await settled()
    assert (await PartitionSupervisor.count_children(sup)).active == 1
    assert await PartitionSupervisor.resize(sup, 2) == 1
    rows = await PartitionSupervisor.which_children(sup)
    assert [row.pid for row in rows] == [holder(1), holder(0)]
    assert PartitionSupervisor.partitions(sup) == 2
    assert await PartitionSupervisor.resize(sup, 0) == 2
    assert holder(0) is None
    for wrong in (4, -1, True, 1.0):
        with pytest.raises(ValueError, match=r"^PartitionSupervisor: expected "):
            await PartitionSupervisor.resize(sup, wrong)  # type: ignore[arg-type]
    await stop(sup)
