"""A server written wrongly: the errors and reports say what to write."""

from __future__ import annotations

from typing import Any

import pytest

from aquavit import (
    Agent,
    GenServer,
    GenStateMachine,
    KeepState,
    NextState,
    Reply,
    ServerExit,
    StartError,
    Supervisor,
    Task,
    TaskExit,
    Timeout,
    call,
    cast,
    flush,
    send,
    state,
)
from aquavit.core.exits import worded
from tests.support import died, process_test, settled


class Door(GenStateMachine):
    """Returns what it is asked to return."""

    def init(self, first: Any = None) -> Any:
        """Begin closed, or wrongly."""
        return NextState("closed") if first is None else first

    @state
    def closed(self, event: Any) -> Any:
        """Return what has come."""
        return event.request


class Returns(GenServer):
    """Returns what it is asked to return."""

    def init(self, result: Any = None) -> Any:
        """Return it."""
        return result

    def handle_call(self, request: Any, from_: Any) -> Any:
        """Return it."""
        return request

    def handle_cast(self, request: Any) -> Any:
        """Return it."""
        return request

    def handle_info(self, message: Any) -> Any:
        """Return it."""
        return message

    def handle_continue(self, argument: Any) -> Any:
        """Return it."""
        return argument

    @call
    def asked(self, result: Any) -> Any:
        """Return it."""
        return result

    @cast
    def told(self, result: Any) -> Any:
        """Return it."""
        return result


_CAST = "None, NoReply(then=...), Continue(...), Timeout(...), HIBERNATE or Stop(reason)"
_CALL = "a reply, Reply(value, then=...), NO_REPLY, NoReply(then=...) or Stop(reason, reply=...),"
WRONG: dict[str, tuple[Any, Any, str]] = {
    "cast": (Returns, lambda pid: GenServer.cast(pid, 5), f"handle_cast: {_CAST}"),
    "@cast": (Returns, lambda pid: Returns.told(pid, 5), f"told: {_CAST}"),
    "info": (Returns, lambda pid: send(pid, Reply(5)), f"handle_info: {_CAST}"),
    "call": (Returns, lambda pid: _asks(pid, Timeout(5)), f"handle_call: {_CALL}"),
    "@call": (Returns, lambda pid: _uses(pid, Reply(1, then=5)), f"asked: {_CALL}"),
    "state": (Door, lambda pid: GenServer.cast(pid, 5), "state 'closed': None, KeepState(...),"),
    "action": (Door, lambda pid: GenServer.cast(pid, KeepState(5)), "state 'closed': ReplyTo(..."),
    "agent": (Agent, lambda pid: _gets(pid), "get_and_update: (what to return, what to keep)"),
}


async def _asks(pid: Any, request: Any) -> Any:
    with pytest.raises(ServerExit):
        await GenServer.call(pid, request)


async def _uses(pid: Any, request: Any) -> Any:
    with pytest.raises(ServerExit):
        await Returns.asked(pid, request)


async def _gets(pid: Any) -> Any:
    with pytest.raises(ServerExit):
        await Agent.get_and_update(pid, lambda value: value)


@pytest.mark.parametrize("what", WRONG)
@process_test
async def test_the_report_of_a_bad_result_says_which_are_good(
    what: str, caplog: pytest.LogCaptureFixture
) -> None:
    cls, act, text = WRONG[what]
    server = await (cls.start(int) if cls is Agent else cls.start())
    made = act(server)
    if made is not None and hasattr(made, "__await__"):
        await made
    await died(server)
    [record] = caplog.records
    assert f"\n    expected from {text}" in record.getMessage()


@process_test
async def test_a_bad_result_of_init_is_told_with_those_that_are_good() -> None:
    text = "could not start Returns: init returned 5\nexpected None (the state is kept on self), "
    text += "Continue(...), Timeout(...), "
    with pytest.raises(StartError) as failed:
        await Returns.start(5)
    assert str(failed.value) == f"{text}HIBERNATE, Stop(reason) or IGNORE"
    with pytest.raises(StartError) as failed:
        await Door.start("closed")
    assert str(failed.value).endswith(
        "init returned 'closed'\nexpected NextState(first, *actions), Stop(reason) or IGNORE"
    )
    with pytest.raises(
        StartError, match=r"child 'Returns': init returned 5\nexpected None \(the state"
    ):
        await Supervisor.start_link([Returns.child_spec(5)])
    await settled()
    flush()


@pytest.mark.parametrize("base", [GenServer, GenStateMachine, Agent])
@process_test
async def test_a_class_with_an_init_of_python_is_told_to_rename_it(base: Any) -> None:
    class Needs(base):  # type: ignore[misc]
        def __init__(self, start: int) -> None:
            self.start_value = start

    with pytest.raises(TypeError) as failed:
        await Needs.start(1)
    text = "Needs.__init__: expected (self), got (self, start: 'int') -> 'None'\nwhat start and "
    assert text in str(failed.value)
    assert str(failed.value).endswith("given goes to init: rename it to that")


@process_test
async def test_an_init_of_python_with_defaults_is_told_to_rename_it() -> None:
    class Takes(GenServer):
        def __init__(self, start: int = 0) -> None:
            self.start_value = start

    with pytest.raises(TypeError, match="goes to init: rename __init__ to that"):
        await Takes.start(1)


@process_test
async def test_what_an_init_of_python_raises_is_raised() -> None:
    class Fails(GenServer):
        def __init__(self) -> None:
            raise TypeError("a reason of its own")

    with pytest.raises(TypeError, match="a reason of its own"):
        await Fails.start()


@pytest.mark.usefixtures("no_reports")
@process_test
async def test_a_callback_that_is_not_there_is_told_with_what_may_have_been_meant() -> None:
    class Misspelt(GenServer):
        def handel_call(self, request: Any, from_: Any) -> None: ...

    class Methods(GenServer):
        @call
        def get(self) -> None: ...

    for cls, hint in (
        (Misspelt, "it defines handel_call: is the name misspelt?"),
        (Methods, f"its @call methods are used as {Methods.__qualname__}.get(...)"),
    ):
        server: Any = await cls.start()
        with pytest.raises(ServerExit) as failed:
            await GenServer.call(server, "get")
        assert str(failed.value).endswith(f"does not define handle_call\n{hint}")


@pytest.mark.usefixtures("no_reports")
@process_test
async def test_the_text_of_an_exception_is_told_whole_to_those_who_wait_for_it() -> None:
    text = "expected something " * 10 + "\nand here is what to write in its place"

    def fails() -> None:
        raise ValueError(text)

    server = await Agent.start(int)
    with pytest.raises(ServerExit) as failed:
        await Agent.get(server, lambda value: fails())
    assert str(failed.value).endswith(f"the server exited with reason ValueError: {text}")
    tasks = await Task.Supervisor.start_link()
    task = await Task.Supervisor.async_nolink(tasks, fails)
    with pytest.raises(TaskExit) as ended:
        await task
    assert str(ended.value).endswith(f"exited with reason ValueError: {text}")
    await Supervisor.stop(tasks)


def test_a_reason_in_words() -> None:
    class Silent(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert worded("shutdown") == "'shutdown'"
    assert worded(AssertionError()) == "AssertionError"
    assert worded(KeyError("k")) == "KeyError: 'k'"
    assert worded(Silent()) == "Silent, whose str fails"
