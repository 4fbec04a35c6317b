"""The pytest plugin, in sessions of its own: claims, failures, leaks, other plugins."""

from __future__ import annotations

import importlib.util

import pytest

pytest_plugins = ["pytester"]

TESTS = """
import pytest
from aquavit import *
from aquavit.testing import *
"""
pytestmark = pytest.mark.slow


def session(pytester: pytest.Pytester, code: str, *options: str, ini: str = "") -> pytest.RunResult:
    """Run the tests in `code` in a process of the operating system of their own."""
    pytester.makepyfile(TESTS + code)
    pytester.makeini(f"[pytest]\nasyncio_default_fixture_loop_scope = function\n{ini}")
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", *options)


MIXED = """
import asyncio
from aquavit.core import process

def in_process():
    return process.current() is not None

@pytest.mark.process
async def test_ours():
    assert in_process()

@pytest.mark.process
class TestClass:
    async def test_method(self):
        assert in_process()

@pytest.mark.process
@pytest.mark.parametrize("number", [1, 2])
async def test_parameters(number, tmp_path):
    assert in_process() and tmp_path.exists()

@pytest.mark.asyncio
async def test_theirs():
    assert not in_process()
    assert asyncio.current_task() is not None

@pytest.mark.anyio
async def test_anyio(anyio_backend_name):
    assert not in_process()

@pytest.fixture
def anyio_backend():
    return "asyncio"
"""


@pytest.mark.parametrize("mode", ["strict", "auto"])
@pytest.mark.parametrize("ini", ["", "asyncio_mode = auto", "anyio_mode = auto"])
def test_it_works_beside_other_plugins(pytester: pytest.Pytester, mode: str, ini: str) -> None:
    if importlib.util.find_spec("pytest_asyncio") is None:
        pytest.skip("pytest-asyncio is not installed")
    result = session(pytester, MIXED, ini=f"aquavit_mode = {mode}\n{ini}")
    result.assert_outcomes(passed=6)


def test_tests_without_the_marker_are_ours_in_auto_mode(pytester: pytest.Pytester) -> None:
    code = """
async def test_mine():
    send(self(), 1)
    await assert_receive(int)
"""
    result = session(
        pytester, code, "-p", "no:asyncio", "-p", "no:anyio", ini="aquavit_mode = auto"
    )
    result.assert_outcomes(passed=1)


def test_a_linked_crash_fails_that_test_only(pytester: pytest.Pytester) -> None:
    code = """
pytestmark = pytest.mark.process

async def test_before(): ...

async def test_crash():
    spawn_link(lambda: 1 / 0)
    await sleep(5.0)

async def test_after():
    assert len(processes()) == 1
"""
    result = session(pytester, code)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.re_match_lines(
        [
            r".*\*\* \(EXIT from #PID<0\.\d+\.0>\) an exception was raised:",
            r".*\*\* \(ZeroDivisionError\) division by zero",
        ],
    )


def test_a_failure_shows_the_test_and_not_the_runtime(pytester: pytest.Pytester) -> None:
    code = """
@pytest.mark.process
async def test_wrong():
    value = 1
    assert value == 2
"""
    result = session(pytester, code)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([">       assert value == 2", "E       assert 1 == 2"])
    result.stdout.no_fnmatch_line("*run_until_complete*")


def test_a_leak_names_the_leaker(pytester: pytest.Pytester) -> None:
    code = """
@pytest.mark.process
async def test_leak():
    spawn(sleep, None, name="forgotten")

@pytest.mark.process(leaks=False)
async def test_allowed():
    spawn(sleep, None)
"""
    result = session(pytester, code)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ['*process #PID<*("forgotten"), running *sleep, waiting; started by*']
    )
    result.stdout.no_fnmatch_line("*check_leaks*")


def test_the_marker_gives_timeout_and_seed(pytester: pytest.Pytester) -> None:
    code = """
import random

@pytest.mark.process(timeout=0.05)
async def test_slow():
    await receive()

@pytest.mark.process(seed=3)
async def test_seed():
    assert random.random() == random.Random(3).random()

@pytest.mark.process(colour="red")
async def test_wrong(): ...

@pytest.mark.process(30)
async def test_nameless(): ...

@pytest.mark.simulated(schedule="", schedules=3)
async def test_wrong_simulation(): ...
"""
    result = session(pytester, code)
    result.assert_outcomes(passed=1, failed=4)
    result.stdout.fnmatch_lines(["*@pytest.mark.process: expected timeout=, *, got 30*"])
    result.stdout.fnmatch_lines(["*@pytest.mark.simulated: expected seed=, *, got schedules*"])
    result.stdout.fnmatch_lines(["*test timed out after 0.05 s*"])
    result.stdout.fnmatch_lines(["*expected timeout=, seed=, leaks=, loop_factory=, got colour*"])


def test_an_unknown_mode_is_refused(pytester: pytest.Pytester) -> None:
    result = session(pytester, "def test_nothing(): ...", ini="aquavit_mode = often")
    result.stderr.fnmatch_lines(["*aquavit_mode: expected one of ('strict', 'auto'), got 'often'*"])


def test_it_works_with_xdist(pytester: pytest.Pytester) -> None:
    if importlib.util.find_spec("xdist") is None:
        pytest.skip("pytest-xdist is not installed")
    code = """
@pytest.mark.process
@pytest.mark.parametrize("number", range(6))
async def test_many(number):
    send(self(), number)
    assert await assert_receive(int) == number
"""
    session(pytester, code, "-n", "2").assert_outcomes(passed=6)


def test_a_simulated_test_fails_with_its_schedule_and_a_picture(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AQUAVIT_TRACES", str(pytester.path / "traces"))
    code = """
@pytest.mark.simulated(schedules=200, seed=5)
async def test_order():
    me = self()
    for word in ("a", "b"):
        spawn(send, me, word)
    assert await receive() == "a"

@pytest.mark.simulated(schedules=200)
async def test_time():
    await sleep(3600)
"""
    result = session(pytester, code)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            '*: test_order  |  assert await receive() == "a"',
            "*to repeat it: @pytest.mark.simulated(seed=*, schedule='*:1')*",
            "*main*send*send 2*",
        ]
    )
    (picture,) = (pytester.path / "traces").glob("*.svg")
    assert "<svg" in picture.read_text(encoding="utf-8")


def test_a_marker_repeats_one_schedule(pytester: pytest.Pytester) -> None:
    code = """
@pytest.mark.simulated(seed=5, schedule="0:1")
async def test_order():
    me = self()
    for word in ("a", "b"):
        spawn(send, me, word)
    assert await receive() == "a"
"""
    result = session(pytester, code)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["this schedule fails, with 1 switch*"])


FIXTURES = """
class Store(GenServer):
    def init(self, value):
        self.value = value

    @call
    def get(self):
        return self.value

@pytest.fixture
def start_store(tmp_path):
    async def start(value):
        return await start_supervised((Store, value))
    return start

@pytest.mark.process
async def test_function(start_store):
    assert await Store.get(await start_store(1)) == 1

@pytest.fixture
def outside():
    with pytest.raises(NotInProcess):
        self()

@pytest.mark.process
async def test_outside(outside):
    assert self()

@pytest.fixture
async def value():
    return 1

@pytest.mark.process
async def test_async_fixture(value):
    assert value == 1
"""


def test_a_fixture_has_no_processes_and_may_give_a_function_that_starts_them(
    pytester: pytest.Pytester,
) -> None:
    result = session(pytester, FIXTURES, "-p", "no:asyncio", "-p", "no:anyio")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*test_async_fixture* requested an async fixture 'value'*"])


PLAIN = """
@pytest.mark.process
def test_plain(): ...

@pytest.mark.simulated(schedules=10)
@pytest.mark.parametrize("number", [1])
def test_of_parameters(number): ...

class TestMarkedMethod:
    @pytest.mark.process
    def test_method(self): ...

    @pytest.mark.process
    async def test_async_method(self): ...

@pytest.mark.process
class TestMarkedClass:
    def test_plain_method(self): ...

    async def test_method_of_ours(self):
        assert self
"""


def test_a_marker_at_a_plain_function_fails_the_test(pytester: pytest.Pytester) -> None:
    result = session(pytester, PLAIN)
    result.assert_outcomes(passed=3, failed=3)
    result.stdout.fnmatch_lines(
        [
            "@pytest.mark.process: expected an `async def` test, got test_plain, which is not",
            "write `async def test_plain`, or leave the marker out",
            "@pytest.mark.simulated: expected * got test_of_parameters?1?, which is not",
            "write `async def test_of_parameters`, or leave the marker out",
            "@pytest.mark.process: expected an `async def` test, got test_method, which is not",
        ]
    )
