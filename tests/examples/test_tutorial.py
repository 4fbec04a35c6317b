"""The tutorial: each program, run as the tutorial says, prints what it promises."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.tools.command import ROOT, aquavit_command, steady

TUTORIAL = ROOT / "examples" / "tutorial"
#: The report of the crash in the programs 06 and 07, pids, time and line number made equal.
REPORT = r"""
00:00:00\.000 \[error\] Process #PID<\.\.\.> raised an exception
\*\* \(RuntimeError\) oops
    examples/tutorial/{script}\.py:\d+: oops  \|  raise RuntimeError\("oops"\)
"""


@dataclass(frozen=True)
class Program:
    """What a program prints, a pattern for its stderr, and its exit status."""

    stdout: str
    stderr: str = ""
    status: int = 0


PROGRAMS = {
    "01_spawn": Program("""\
main is #PID<...>, and it has started #PID<...>
#PID<...> computes 1 + 2 = 3
is #PID<...> alive? False
is #PID<...> alive? True
"""),
    "02_send_and_receive": Program("""\
hello world
got hello from #PID<...>, which is #PID<...>: True
sent ['milk'], and have ['milk', 'bread'] now
flushed [1, 2, 3]
"""),
    "03_patterns": Program("""\
expensive: Order(item='piano', price=9000)
a dict with a name: {'name': 'Joe', 'age': 64}
an order of tea: Order(item='tea', price=4)
temperature is 21.5
the integer 1: not there
a float: 1.0
"""),
    "04_no_match": Program("""\
4 messages wait
hello Ada
hello Grace
2 messages wait
('from a stranger', 1)
('from a stranger', 2)
0 messages wait
"""),
    "05_timeouts": Program("""\
nothing came within 0.05 seconds
still nothing: None
bread? none
milk? milk
in time? no
what came: too early
the alarm: ring
"""),
    "06_isolated_crash": Program(
        "main is still here\n#PID<...> died of RuntimeError('oops')\n",
        2 * REPORT.format(script="06_isolated_crash"),
    ),
    "07_linked_crash": Program(
        "main cleans up\n",
        REPORT.format(script="07_linked_crash")
        + r"""\*\* \(EXIT from #PID<\.\.\.>\) an exception was raised:
    \*\* \(RuntimeError\) oops
        examples/tutorial/07_linked_crash\.py:\d+: oops  \|  raise RuntimeError\("oops"\)
""",
        1,
    ),
    "08_trap_exit": Program("""\
worker 1 died, starting the next one
worker 2 died, starting the next one
attempt 3 went well
no longer needed
"""),
    "09_key_value": Program("before: None\nafter:  world\nby name: world\n"),
    "10_many_processes": Program("""\
100,001 processes are alive, with this one
the sum of their answers is 9,999,900,000
1 process is left
"""),
    "kv": Program(""),
}


def test_every_program_is_tested() -> None:
    assert {path.stem for path in TUTORIAL.glob("*.py")} == set(PROGRAMS)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_prints_what_it_promises(name: str) -> None:
    done = aquavit_command("run", f"examples/tutorial/{name}.py")
    expected = PROGRAMS[name]
    assert steady(done.stdout) == expected.stdout
    assert re.fullmatch(expected.stderr, steady(done.stderr).replace("\\", "/"))
    assert done.returncode == expected.status


def test_the_pids_of_the_first_program_are_those_of_its_processes() -> None:
    lines = aquavit_command("run", "examples/tutorial/01_spawn.py").stdout.splitlines()
    main, child = re.findall(r"#PID<\d+\.\d+\.\d+>", lines[0])
    assert main != child
    assert [line.split(" computes")[0] for line in lines[1:2]] == [child]
    assert lines[2:] == [f"is {child} alive? False", f"is {main} alive? True"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_runs_from_anywhere(tmp_path: Path, name: str) -> None:
    if name == "10_many_processes":
        pytest.skip("once is enough")
    done = aquavit_command("run", TUTORIAL / f"{name}.py", cwd=tmp_path)
    assert done.returncode == PROGRAMS[name].status
