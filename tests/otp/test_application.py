"""Application: its callbacks, failures, order, and races."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from aquavit import (
    AlreadyStarted,
    Application,
    GenServer,
    NotStarted,
    ProcessExit,
    Supervisor,
    is_alive,
    kill,
    receive,
    register,
    registered,
    self,
    send,
    sleep,
    spawn,
    unregister,
    whereis,
)
from aquavit.otp.application_master import stop_all
from tests.support import end, idle, process_test, settled


class Worker(GenServer):
    """A process of an application."""

    def init(self, *args: Any) -> None: ...


def tell(*event: Any) -> None:
    """Tell the test, if it listens."""
    if whereis("test") is not None:
        send("test", event)


class Base(Application):
    """Tells what is done to it."""

    name = "base"

    async def init(self, *args: Any) -> Any:
        """Have one worker."""
        await sleep(0)
        self.args = args
        tell("init", self.name, *args)
        return Supervisor.spec([Worker.child_spec(name=f"{self.name}.worker")])

    def prep_stop(self) -> None:
        """Tell."""
        tell("prep_stop", self.name, whereis(f"{self.name}.worker") is not None)

    async def terminate(self) -> None:
        """Tell."""
        await sleep(0)
        tell("terminate", self.name, whereis(f"{self.name}.worker"), *self.args)


class Middle(Base):
    """Needs base."""

    name = "middle"
    dependencies = ("base",)


class Top(Base):
    """Needs both."""

    name = "top"
    dependencies = (Middle, "base")


class Broken(Base):
    """Cannot start."""

    name = "broken"
    dependencies = (Middle,)

    async def init(self, *args: Any) -> Any:
        """Fail."""
        raise RuntimeError("no disk")


class Alone(Broken):
    """Cannot start, and needs nothing."""

    name = "alone"
    dependencies = ()


class Untidy(Base):
    """Fails where it is told to, by its `fails`."""

    name = "untidy"
    fails = ""

    def prep_stop(self) -> None:
        """Tell, and maybe fail."""
        super().prep_stop()
        if self.fails == "prep_stop":
            raise RuntimeError("no time")

    async def terminate(self) -> None:
        """Tell, and maybe fail."""
        await super().terminate()
        if self.fails == "terminate":
            raise ProcessExit("no way")


class Library(Application):
    """Has no processes."""

    name = "library"


class Needs(Broken):
    """Cannot start, and needs what stops badly and what has ended by then."""

    name = "needs"
    dependencies = (Base, Untidy, Library)

    async def init(self, *args: Any) -> Any:
        """Fail, with a library that has ended."""
        await Application.stop(Library)
        await super().init()


def told() -> Any:
    """Return the next event."""
    return receive(tuple, timeout=5.0)


@process_test
async def test_callbacks_run_in_their_order() -> None:
    register(self(), "test")
    await Application.start(Base, "argument", 2)
    assert await told() == ("init", "base", "argument", 2)
    await Application.stop(Base)
    assert await told() == ("prep_stop", "base", True)
    assert await told() == ("terminate", "base", None, "argument", 2)
    unregister("test")


@process_test
async def test_what_it_needs_starts_first_and_a_failure_takes_it_back() -> None:
    assert await Application.ensure_all_started([Top, Library]) == [
        *("base", "middle", "top", "library")
    ]
    for name in reversed(Application.started_applications()):
        await Application.stop(name)
    with pytest.raises(RuntimeError, match="no disk"):
        await Application.ensure_all_started(Broken)
    assert Application.started_applications() == []
    await Application.start(Base)
    with pytest.raises(RuntimeError, match="no disk"):
        await Application.ensure_all_started("broken")
    assert Application.started_applications() == ["base"]
    await Application.stop("base")


@process_test
async def test_a_cycle_of_dependencies_is_refused() -> None:
    class First(Application):
        name = "first"
        dependencies = ("second",)

    class Second(Application):
        name = "second"
        dependencies = (First,)

    with pytest.raises(ValueError, match="without a cycle, got first -> second -> first"):
        await Application.ensure_all_started(First)
    assert Second.name == "second"


@process_test
async def test_many_start_the_same_at_once() -> None:
    me = self()

    async def start() -> None:
        send(me, ("started", tuple(await Application.ensure_all_started(Top))))

    for _ in range(10):
        spawn(start)
    results = [(await receive(("started", ...), timeout=5.0))[1] for _ in range(10)]
    assert sorted(name for names in results for name in names) == ["base", "middle", "top"]
    for name in ("top", "middle", "base"):
        await Application.stop(name)


@process_test
async def test_wrong_arguments_are_refused() -> None:
    wrong: Any = 1
    with pytest.raises(TypeError, match=r"expected an application .a class or a name., got 1"):
        await Application.start(wrong)
    with pytest.raises(ValueError, match="expected type to be one of"):
        await Application.start(Base, type="for ever")  # type: ignore[arg-type]

    class Odd(Application):
        def init(self) -> Any:
            return "a tree"

    with pytest.raises(TypeError, match=r"expected Supervisor\.spec"):
        await Application.start(Odd)
    assert Odd.name == "Odd"


@process_test
async def test_the_tree_dies_with_its_master_and_can_be_started_again() -> None:
    await Application.start(Base)
    kill(whereis("base.application"))  # type: ignore[arg-type]
    await settled()
    assert registered() == []
    await Application.start(Base)
    with pytest.raises(AlreadyStarted):
        await Application.start(Base)
    await Application.stop(Base)


@process_test
async def test_the_end_of_a_tree_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "aquavit")
    await Application.start(Base)
    await Application.stop(Base)
    with pytest.raises(RuntimeError):
        await Application.start(Alone)
    assert [record.getMessage() for record in caplog.records if "Application" in record.msg] == [
        "Application base exited: 'stopped'",
        "Application alone exited: Alone.init failed: RuntimeError: no disk",
    ]


@pytest.mark.parametrize(
    ("callback", "words"),
    [
        ("prep_stop", "prep_stop failed\n** (exit) an exception was raised:\n    ** (Runtime"),
        ("terminate", "terminate failed\n** (exit) 'no way'"),
    ],
)
@process_test
async def test_what_fails_while_it_stops_is_logged_and_stops_all_the_same(
    callback: str, words: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Untidy, "fails", callback)
    register(self(), "test")
    await Application.start(Untidy)
    await Application.stop(Untidy)
    assert await told() == ("init", "untidy")
    assert await told() == ("prep_stop", "untidy", True)
    assert await told() == ("terminate", "untidy", None)
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage().startswith(f"Application untidy: {words}")
    assert Application.started_applications() == []
    unregister("test")


@process_test
async def test_the_first_failure_is_raised_whatever_the_others_stop_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Untidy, "fails", "prep_stop")
    with pytest.raises(RuntimeError, match="no disk"):
        await Application.ensure_all_started(Needs)
    assert Application.started_applications() == []


@process_test
async def test_a_process_with_the_name_of_a_master_is_no_application() -> None:
    alike = spawn(idle, name="base.application")
    assert Application.started_applications() == []
    with pytest.raises(NotStarted):
        await Application.stop(Base)
    with pytest.raises(NotStarted, match="'base' does not run, which 'middle' needs"):
        await Application.start(Middle)
    with pytest.raises(AlreadyStarted, match=r"has the name .base.application. already"):
        await Application.start(Base)
    with pytest.raises(AlreadyStarted, match=r"has the name .base.application. already"):
        await Application.ensure_all_started(Middle)
    await stop_all()
    assert is_alive(alike)
    await end(alike)


class Finds(Application):
    """Starts what is there already."""

    name = "finds"

    async def init(self) -> Any:
        """Fail as a start does whose name is taken."""
        return await Worker.start_link(name="finds.worker")


@process_test
async def test_an_init_that_finds_a_name_taken_has_failed() -> None:
    alike = spawn(idle, name="finds.worker")
    with pytest.raises(AlreadyStarted, match=r"has the name .finds.worker. already"):
        await Application.ensure_all_started(Finds)
    assert Application.started_applications() == []
    await end(alike)
