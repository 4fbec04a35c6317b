"""The words for errors and exit reasons."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aquavit import ProcessExit
from aquavit.process.wording import error_lines, exit_lines, wants_colour


class Broken(Exception):
    """An exception that cannot be shown."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


def raised(error: BaseException, origin: BaseException | None = None) -> BaseException:
    """Return `error` after it was raised here, while or because of `origin`."""
    try:
        if origin is None:
            raise error
        raise error from origin
    except BaseException as caught:
        return caught


def without_frames(error: BaseException) -> list[str]:
    """Return what is said of an exception, its frames left out."""
    return [line for line in error_lines(error) if ".py:" not in line]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("normal", "normal"),
        ("shutdown", "shutdown"),
        ("killed", "killed"),
        ("timeout", "time out"),
        ("noconnection", "no connection"),
        ("calling_self", "process attempted to call itself"),
        (("shutdown", 1), "shutdown: 1"),
        (("nodedown", "n@h"), "no connection to n@h"),
        (("bad_return_value", 1), "bad return value: 1"),
        ("bad", "'bad'"),
        ("", "''"),
        (None, "None"),
        (("a", 1), "('a', 1)"),
        (["shutdown", 1], "['shutdown', 1]"),
    ],
)
def test_fact_166_an_exit_reason_has_elixirs_words(reason: object, said: str) -> None:
    assert exit_lines(reason) == [said]


def test_fact_166_noproc_is_explained() -> None:
    (line,) = exit_lines("noproc")
    assert line == (
        "no process: the process is not alive or there's no process currently associated with"
        " the given name, possibly because its application isn't started"
    )


def test_children_that_failed_to_start_are_named_from_the_outside_in() -> None:
    def failed(child: object, why: object) -> object:
        return ("shutdown", ("failed_to_start_child", child, why))

    assert exit_lines(failed("outer", failed("inner", "boom"))) == [
        "shutdown: failed to start child: 'outer'",
        "    ** (exit) shutdown: failed to start child: 'inner'",
        "        ** (exit) 'boom'",
    ]
    lines = exit_lines(failed("a", RuntimeError("oops")))
    assert lines[1:] == ["    ** (exit) an exception was raised:", "        ** (RuntimeError) oops"]


def test_an_exception_as_reason_is_shown_indented() -> None:
    lines = exit_lines(raised(RuntimeError("oops")))
    assert lines[:2] == ["an exception was raised:", "    ** (RuntimeError) oops"]
    assert lines[2].startswith("        ")
    assert "test_wording.py:" in lines[2]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("oops"), "** (RuntimeError) oops"),
        (RuntimeError(), "** (RuntimeError)"),
        (KeyError("x"), "** (KeyError) 'x'"),
        (json.JSONDecodeError("bad", "", 0), "** (json.decoder.JSONDecodeError) bad: line 1"),
        (ProcessExit("bad"), "** (stop) 'bad'"),
        (ProcessExit(("shutdown", 1)), "** (stop) shutdown: 1"),
        (Broken(), f"** ({__name__}.Broken) <Broken whose str fails>"),
    ],
)
def test_an_exception_has_a_banner(error: BaseException, said: str) -> None:
    (line,) = error_lines(error)
    assert line.startswith(said)


def test_the_frames_come_innermost_first() -> None:
    def inner() -> None:
        raise RuntimeError("oops")

    def outer() -> None:
        inner()

    with pytest.raises(RuntimeError) as caught:
        outer()
    frames = error_lines(caught.value)[1:]
    assert [frame.split(": ")[1].split("  |")[0] for frame in frames[:2]] == ["inner", "outer"]
    assert frames[0].endswith('  |  raise RuntimeError("oops")')


def test_the_same_frame_again_and_again_is_counted() -> None:
    def endless(number: int) -> int:
        return endless(number + 1)

    lines = error_lines(_error_of(endless, 0))
    assert len(lines) < 10
    assert any("more of the same" in line for line in lines)


def test_a_long_traceback_is_shortened_in_the_middle() -> None:
    def even(number: int) -> int:
        return odd(number - 1)

    def odd(number: int) -> int:
        return even(number - 1) if number > 0 else 1 // 0

    lines = error_lines(_error_of(even, 200))
    assert len(lines) < 50
    assert any(line.startswith("    ... ") and line.endswith(" more") for line in lines)


def test_library_frames_are_shown_in_short() -> None:
    lines = error_lines(_error_of(json.loads, "{"))
    assert lines[1].startswith("    (python 3.")
    assert ") json/decoder.py:" in lines[1].replace("\\", "/")


def test_colour_lets_the_users_own_frames_stand_out() -> None:
    lines = error_lines(_error_of(json.loads, "{"), colour=True)
    assert lines[0].startswith("\x1b[31m** (json.decoder.JSONDecodeError)")
    assert lines[1].startswith("\x1b[2m")
    assert lines[-1].startswith("\x1b[1m")
    assert all(line.endswith("\x1b[0m") for line in lines)


def test_causes_are_shown_to_the_first() -> None:
    error = raised(ValueError("third"), raised(TypeError("second"), raised(KeyError("first"))))
    assert without_frames(error) == [
        "** (ValueError) third",
        "caused by ** (TypeError) second",
        "caused by ** (KeyError) 'first'",
    ]


def test_a_long_chain_of_causes_is_cut_in_the_middle() -> None:
    error = ValueError(0)
    for number in range(1, 500):
        error, error.__cause__ = ValueError(number), error
    lines = error_lines(error)
    assert lines[:2] == ["** (ValueError) 499", "caused by ** (ValueError) 498"]
    assert lines[9:12] == [
        "caused by ** (ValueError) 490",
        "... 480 more",
        "caused by ** (ValueError) 9",
    ]
    assert lines[-1] == "caused by ** (ValueError) 0"


def test_what_was_being_handled_is_shown() -> None:
    error = ValueError("second")
    error.__context__ = KeyError("first")
    assert error_lines(error) == ["** (ValueError) second", "while handling ** (KeyError) 'first'"]


def test_a_suppressed_context_is_left_out() -> None:
    error = ValueError("second")
    error.__context__, error.__cause__ = KeyError("first"), None
    assert error_lines(error) == ["** (ValueError) second"]


def test_a_circle_of_causes_ends() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    assert error_lines(first) == ["** (ValueError) first", "caused by ** (ValueError) second"]


def test_notes_are_shown() -> None:
    error = ValueError("oops")
    error.add_note("line 1\nline 2")
    assert error_lines(error) == ["** (ValueError) oops", "    line 1", "    line 2"]


@pytest.mark.parametrize("notes", [None, 3, [Broken()], ("text",)])
def test_odd_notes_do_no_harm(notes: Any) -> None:
    error = ValueError("oops")
    error.__notes__ = notes
    assert error_lines(error)[0] == "** (ValueError) oops"


def test_the_members_of_a_group_are_shown_below_it() -> None:
    group = ExceptionGroup(
        "two", [ValueError("a"), ExceptionGroup("inner", [raised(KeyError("b"), OSError("c"))])]
    )
    assert without_frames(group) == [
        "** (ExceptionGroup) two (2 sub-exceptions)",
        "    1. ** (ValueError) a",
        "    2. ** (ExceptionGroup) inner (1 sub-exception)",
        "           1. ** (KeyError) 'b'",
        "              caused by ** (OSError) c",
    ]


def test_a_wide_and_a_deep_group_are_cut() -> None:
    wide = error_lines(ExceptionGroup("wide", [ValueError(number) for number in range(100)]))
    assert len(wide) < 20
    assert wide[-1] == "    ... 85 more"
    deep: Exception = ValueError("inmost")
    for _ in range(50):
        deep = ExceptionGroup("deep", [deep])
    assert len(error_lines(deep)) < 20


@pytest.mark.parametrize(
    ("terminal", "environment", "coloured"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colour_is_for_terminals_and_those_who_ask(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, environment: dict[str, str], coloured: bool
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm", "WT_SESSION": "1", **environment}.items():
        monkeypatch.setenv(name, value)

    class Stream:
        def isatty(self) -> bool:
            return terminal

    assert wants_colour(Stream()) is coloured


def test_no_stream_has_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert wants_colour(None) is False


def _error_of(fn: Any, *args: Any) -> BaseException:
    try:
        fn(*args)
    except BaseException as error:
        return error
    raise AssertionError("it went well")
