"""Group 13: dictionary, label, process_info."""

from __future__ import annotations

from typing import Any

import pytest

import aquavit
from aquavit import (
    flush,
    process_dict,
    process_info,
    processes,
    receive,
    self,
    send,
    set_label,
    sleep,
    spawn,
    spawn_link,
)
from tests.support import died, end, idle, info, process_test, settled


@process_test
async def test_fact_141_the_dictionary_is_a_dict_that_lasts() -> None:
    process_dict()["k"] = 1
    process_dict()["none"] = None
    process_dict()[("t", 1)] = "v"
    assert process_dict() == {"k": 1, "none": None, ("t", 1): "v"}
    assert process_dict().pop("k") == 1
    assert process_dict().get("k", "default") == "default"


@process_test
async def test_fact_142_the_dictionary_is_not_inherited() -> None:
    main = self()
    process_dict()["k"] = 1
    spawn(lambda: send(main, process_dict()))
    assert await receive(timeout=1.0) == {}


@process_test
async def test_fact_142_others_see_the_dictionary_through_process_info_only() -> None:
    async def keep() -> None:
        process_dict()["visible"] = True
        await idle()

    pid = spawn(keep)
    await settled()
    seen = info(pid).dictionary
    assert seen == {"visible": True}
    seen["visible"] = False
    assert info(pid).dictionary == {"visible": True}
    await end(pid)


@process_test
async def test_fact_147_process_info_of_a_dead_process_is_none() -> None:
    pid = spawn(lambda: None)
    await died(pid)
    assert process_info(pid) is None


@pytest.mark.parametrize("wrong", ["main", None, 7])
@process_test
async def test_fact_147_process_info_of_what_is_no_pid_raises(wrong: Any) -> None:
    with pytest.raises(TypeError, match="process_info: expected a Pid"):
        process_info(wrong)


@process_test
async def test_fact_148_process_info_knows_a_waiting_process() -> None:
    async def wait() -> None:
        await receive("never")

    pid = spawn_link(wait, name="waiter")
    send(pid, "junk")
    await settled()
    known = info(pid)
    assert (known.pid, known.name, known.status) == (pid, "waiter", "waiting")
    assert (known.message_count, known.messages) == (1, ("junk",))
    assert (known.links, known.trap_exit, known.dictionary) == ((self(),), False, {})
    assert known.initial_call.endswith("wait")
    assert known.current_function is not None
    assert known.current_function.endswith("wait")
    await end(pid)


@process_test
async def test_fact_149_process_info_gives_numbers_parent_and_ancestors() -> None:
    main = self()
    child = spawn(lambda: send(main, spawn(idle)))
    grandchild = await receive(aquavit.Pid, timeout=1.0)
    await died(child)
    known = info(grandchild)
    assert (known.parent, known.ancestors[0]) == (child, child)
    assert isinstance(known.reductions, int)
    assert known.memory > 0
    assert isinstance(known.started_at, float)
    await end(grandchild)


@process_test
async def test_fact_149_process_info_is_frozen_and_unknown_fields_raise() -> None:
    known: Any = info(self())
    with pytest.raises(AttributeError):
        known.status = "other"
    with pytest.raises(AttributeError):
        _ = known.nope


@process_test
async def test_fact_150_the_status_of_the_caller_is_running() -> None:
    assert info(self()).status == "running"


@process_test
async def test_fact_150_the_status_is_waiting_in_receive_and_in_sleep() -> None:
    async def wait() -> None:
        await receive()

    waiting, sleeping = spawn(wait), spawn(idle)
    await settled()
    assert (info(waiting).status, info(sleeping).status) == ("waiting", "waiting")
    await end(waiting, sleeping)


@process_test
async def test_fact_150_the_status_is_runnable_before_the_first_turn_and_after_a_message() -> None:
    async def wait() -> None:
        await receive()
        await idle()

    pid = spawn(wait)
    assert info(pid).status == "runnable"
    await settled()
    send(pid, "go on")
    assert info(pid).status == "runnable"
    await end(pid)


@process_test
async def test_fact_150_the_status_is_exiting_after_an_exit_signal() -> None:
    pid = spawn(idle)
    await settled()
    aquavit.exit(pid, "now")
    assert info(pid).status == "exiting"
    assert pid not in processes()
    await died(pid)


@process_test
async def test_fact_151_initial_call_names_the_function() -> None:
    pid = spawn(sleep, None)
    named = spawn(idle)
    assert info(pid).initial_call.endswith("sleep")
    assert info(named).initial_call == "tests.support.idle"
    assert info(self()).initial_call.endswith("process_test.<locals>.test.<locals>.main")
    await end(pid, named)


@process_test
async def test_fact_153_a_label_is_shown_by_process_info() -> None:
    assert info(self()).label is None
    set_label(("worker", 7))
    assert info(self()).label == ("worker", 7)
    assert flush() == []
