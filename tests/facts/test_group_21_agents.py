"""Group 21: agents."""

from __future__ import annotations

from typing import Any

import pytest

from aquavit import (
    Agent,
    AlreadyStarted,
    CallTimeout,
    NoProcess,
    ProcessExit,
    ServerExit,
    Supervisor,
    Task,
    flush,
    is_alive,
    self,
    send,
    sleep,
    system,
    whereis,
)
from tests.support import died, outcome, process_test

pytestmark = pytest.mark.usefixtures("no_reports")


def same(value: Any) -> Any:
    return value


def fails(*_: Any) -> Any:
    raise RuntimeError("oops")


@process_test
async def test_fact_273_functions_run_inside_the_agent_one_at_a_time() -> None:
    agent = await Agent.start_link(list)
    assert await Agent.update(agent, lambda items: [*items, 1]) is None
    Agent.cast(agent, lambda items, more: [*items, more], 2)
    assert await Agent.get(agent, same) == [1, 2]
    assert await Agent.get_and_update(agent, lambda items: (len(items), [])) == 2
    assert await Agent.get(agent, lambda _: self()) == agent

    async def slowly(items: list[int], n: int) -> list[int]:
        await sleep(0)
        return [*items, n]

    async def add(n: int) -> None:
        await Agent.update(agent, slowly, n)

    await Task.await_many([Task.async_(add, n) for n in range(20)])
    assert sorted(await Agent.get(agent, same)) == list(range(20))
    await Agent.stop(agent)


@process_test
async def test_fact_273_the_value_is_the_agents_own() -> None:
    mine = [1]
    agent = await Agent.start_link(lambda: mine)
    mine.append(2)
    assert await Agent.get(agent, same) == [1]
    (await Agent.get(agent, same)).append(3)
    assert await Agent.get(agent, same) == [1]
    captured = [4]
    await Agent.update(agent, lambda _: captured)
    captured.append(5)
    assert await Agent.get(agent, same) == [4]
    await Agent.stop(agent)


@process_test
async def test_fact_274_a_function_that_raises_ends_the_agent() -> None:
    for ask in (Agent.get, Agent.update, Agent.get_and_update):
        agent = await Agent.start(int)
        with pytest.raises(ServerExit) as caught:
            await ask(agent, fails)
        assert isinstance(caught.value.reason, RuntimeError)
        assert not is_alive(agent)
    agent = await Agent.start(int)
    Agent.cast(agent, fails)
    assert isinstance(await died(agent), RuntimeError)


@process_test
async def test_fact_275_after_a_timeout_the_change_still_happens() -> None:
    agent = await Agent.start(int)

    async def slowly(n: int) -> int:
        await sleep(0.02)
        return n + 1

    with pytest.raises(CallTimeout):
        await Agent.update(agent, slowly, timeout=0)
    with pytest.raises(CallTimeout):
        await Agent.update(agent, slowly, timeout=0.005)
    assert await Agent.get(agent, same) in (1, 2)  # one of timeout 0 may be skipped
    assert flush() == []
    await Agent.stop(agent)


@process_test
async def test_fact_276_get_and_update_must_return_a_pair() -> None:
    agent = await Agent.start(int)
    with pytest.raises(ServerExit) as caught:
        await Agent.get_and_update(agent, lambda _: "oops")  # type: ignore[arg-type, return-value]
    assert caught.value.reason == ("bad_return_value", "oops")


@process_test
async def test_fact_277_what_the_first_function_raises_is_raised() -> None:
    with pytest.raises(RuntimeError, match="oops"):
        await Agent.start(fails)
    with pytest.raises(TypeError, match="expected a function, got 1"):
        await Agent.start(1)

    async def leaves() -> None:
        raise ProcessExit("e")

    async def starter() -> None:
        await Agent.start_link(leaves)

    reason: Any = await outcome(starter)
    assert reason.reason == "e"


@process_test
async def test_fact_278_names_stop_and_other_messages() -> None:
    agent = await Agent.start_link(int, name="counter")
    with pytest.raises(AlreadyStarted):
        await Agent.start_link(int, name="counter")
    send(agent, "whatever")
    assert await Agent.get("counter", same) == 0
    await Agent.stop("counter")
    assert whereis("counter") is None
    with pytest.raises(NoProcess):
        await Agent.get("counter", same)
    Agent.cast("counter", same)
    assert flush() == []


@process_test
async def test_an_agent_is_a_child_and_its_state_is_the_value() -> None:
    sup = await Supervisor.start_link([Agent.child_spec(int, name="count")])
    await Agent.update("count", lambda n: n + 41)
    assert await system.get_state("count") == 41
    assert await system.replace_state("count", lambda n: n + 1) == 42
    assert await Agent.get("count", same) == 42
    await Supervisor.stop(sup)


@process_test
async def test_what_is_no_function_is_refused_in_the_caller() -> None:
    agent = await Agent.start_link(int)
    for ask in (Agent.get, Agent.update, Agent.get_and_update, Agent.cast):
        with pytest.raises(TypeError, match="expected a function, got 1"):
            ask(agent, 1)  # type: ignore[operator]
    assert is_alive(agent)
    await Agent.stop(agent)
