"""The helpers of the shell, typed as a user does."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.command import steady
from tests.tools.shell.piped import piped, typed

Write = Callable[..., Path]


def printed(source: str, *args: str | Path, **options: Path | str) -> list[str]:
    """Return the lines that a session prints, which must not fail."""
    run = piped if args or options else typed
    done = run(source, *args, **options)  # type: ignore[arg-type]
    assert (done.returncode, done.stderr) == (0, "")
    return steady(done.stdout).splitlines()


def test_h_lists_every_helper_with_its_documentation() -> None:
    lines = printed("h()\n")
    helpers = dict(line.split("()", 1) for line in lines if "()  " in line)
    expected = (
        "h i v flush pid ref processes info process_info tree top names get_state trace c r"
        " recompile respawn runtime_info clear exit quit"
    )
    assert list(helpers) == expected.split()
    assert all(text.strip().endswith(".") for text in helpers.values())
    assert max(map(len, lines)) <= 100


def test_h_shows_a_signature_and_a_docstring() -> None:
    lines = printed("h(send_after)\nh(h)\nh(5)\n")
    assert lines[0].startswith("send_after(dest: ")
    assert lines[2] == "Send `message` to `dest` once, `delay` seconds from now."
    assert "Helpers.h(value: Any" in " ".join(lines)
    assert "int" in lines


def test_i_shows_what_a_value_is() -> None:
    lines = printed("x = [1, 2]\ni(x)\nx\ni()\ni(send)\ni(make_ref())\n")
    assert lines[:5] == [
        "Term          [1, 2]",
        "Data type     list",
        "Length        2",
        "Description   Built-in mutable sequence.",
        "In a message  copied, or refused",
    ]
    assert lines[5] == "[1, 2]"
    assert lines[6:11] == lines[:5]
    assert any(line.startswith("Number") for line in lines)


def test_i_of_a_pid_shows_its_panes() -> None:
    lines = printed("""\
        async def served():
            process_dict()["depth"] = 3
            set_label(("worker", 7))
            await receive("never")
        store = spawn_link(served)
        r = register(store, "store")
        m = send(store, "hello")
        await sleep(0)
        i(store)
        info("store")
        kill(store) if unlink(store) else None
        await sleep(0)
        i(store)
        """)
    pane = lines[: (len(lines) - 2) // 2]
    assert pane[0] == "# Process #PID<...>"
    assert [line for line in pane if line.startswith("## ")] == [
        "## Overview",
        "## Links",
        "## Messages",
        "## Dictionary",
        "## Memory",
        "## Current stack",
    ]
    assert "Label             ('worker', 7)" in pane
    assert "#PID<...>  evaluator" in pane
    assert "'hello'" in pane
    assert "'depth': 3" in pane
    assert 'aquavit(1):4: served  |  await receive("never")' in pane
    assert lines[-1] == "#PID<...> is not alive"


def test_a_server_is_called_by_its_class() -> None:
    lines = printed("""\
        class Counter(GenServer):
            def init(self): pass
        s = await Supervisor.start_link([Counter], strategy="one_for_one")
        tree()
        i((await Supervisor.which_children(s))[0].pid)
        """)
    assert lines[2:4] == [
        "   └─ #PID<...> aquavit.otp.supervisor.Supervisor",
        "      └─ #PID<...> __main__.Counter",
    ]
    assert "Initial call      __main__.Counter" in lines


def test_i_of_a_plain_function_shows_where_it_waits_or_was_taken_off() -> None:
    lines = printed("""\
        def asks():
            return wait(receive())
        def loop():
            while True: asks()
        def count():
            while True: pass
        waiting, busy = spawn(loop), spawn(count)
        await sleep(0.05)
        i(waiting)
        i(busy)
        t = kill(waiting), kill(busy)
        """)
    called = [line.split()[-1] for line in lines if line.startswith("Current function")]
    assert called == ["__main__.asks", "__main__.count"]
    assert [line for line in lines if "aquavit(" in line] == [
        "aquavit(1):2: asks  |  return wait(receive())",
        "aquavit(2):2: loop  |  while True: asks()",
        "aquavit(3):2: count  |  while True: pass",
    ]


def test_v_and_underscore_give_results_back() -> None:
    source = "10\nx = 1\n'b'\nv(1), v(-1), v(3)\n_\nv(2)\n"
    done = typed(source)
    assert done.returncode == 1
    assert done.stdout.splitlines()[2:] == ["(10, 'b', 'b')"] * 2
    assert "v: expected the number of a result, 1 to 5, got 2" in done.stderr


def test_flush_prints_the_messages() -> None:
    lines = printed("""\
        flush()
        for each in 1, "two", (3,):
            m = send(self(), each)
        flush()
        flush()
        """)
    assert lines == ["1", "'two'", "(3,)"]


def test_pid_and_ref_are_rebuilt_from_what_is_shown() -> None:
    lines = printed("""\
        me, mark = self(), make_ref()
        pid(repr(me)) == me == pid(repr(me)[5:-1]) == pid(0, me.id, 0) == pid(me.id)
        is_alive(pid("0.99999999.0")), pid("0.99999999.0").id
        ref(repr(mark)) == mark == ref(mark.id)
        """)
    assert lines == ["True", "(False, 99999999)", "True"]


@pytest.mark.parametrize("call", ["pid('x')", "pid()", "ref(1.5)"])
def test_pid_and_ref_say_what_they_expect(call: str) -> None:
    done = typed(f"{call}\n")
    assert done.returncode == 1
    assert ': expected numbers as in "0.58.0", got ' in done.stderr


def test_tree_names_and_top_show_the_processes() -> None:
    lines = printed("""\
        async def parent():
            for _ in range(3): spawn(lambda: sleep(None))
            await sleep(None)
        p = spawn(parent)
        r = register(p, "parent")
        await sleep(0)
        m = [send(p, each) for each in range(1200)][-1]
        print("tree"); tree(); print("end")
        print("tree"); tree(p, children=1); print("end")
        print("names"); names(); print("end")
        print("top"); top("mailbox", 2); print("end")
        """)
    shown = {}
    while "end" in lines:
        end = lines.index("end")
        shown.setdefault(lines[0], []).append(lines[1:end])
        lines = lines[end + 1 :]
    whole, part = shown["tree"]
    assert whole[:4] == [
        "#PID<...> shell",
        "└─ #PID<...> evaluator",
        "   └─ #PID<...> parent  1,200 messages",
        "      ├─ #PID<...> __main__.parent.<locals>.<lambda>",
    ]
    assert part[1:] == [
        "├─ #PID<...> __main__.parent.<locals>.<lambda>",
        "└─ ... 2 more",
    ]
    assert [line.split() for line in shown["names"][0]] == [
        ["name", "pid", "initial", "call"],
        ["parent", "#PID<...>", "__main__.parent"],
    ]
    title, heads, first, _second = shown["top"][0]
    assert title == "6 processes, most mailbox first"
    assert heads.split()[:5] == ["pid", "name", "or", "initial", "call"]
    assert first.split()[:3] == ["#PID<...>", "parent", "1,200"]


def test_top_refuses_what_it_cannot_measure() -> None:
    error = typed("top('size')\n").stderr
    assert "top: expected one of mailbox, memory, reductions, got 'size'" in error


def test_runtime_info_shows_versions_and_counts() -> None:
    lines = printed("runtime_info()\n")
    assert [line for line in lines if line.startswith("##")] == [
        *("## System", "## Processes", "## Memory", "## Time"),
    ]
    assert any(line.startswith("aquavit ") for line in lines)
    assert "Alive             2" in lines


def test_get_state_and_trace_are_those_of_system() -> None:
    lines = printed("""\
        class Counter(GenServer):
            def init(self): self.value = 7
            def handle_call(self, request, from_): return request
        counter = await Counter.start_link()
        await get_state(counter)
        await trace(counter, 1, to=self())
        await GenServer.call(counter, "hello")
        (await receive())[2][:2]
        """)
    assert lines == ["{'value': 7}", "'hello'", "('in', 'hello')"]


def test_a_file_is_loaded_and_reloaded(write: Write, tmp_path: Path) -> None:
    write("from beside import two\ndef f(): return 1\n", "sub/loaded.py")
    write("two = 2\n", "sub/beside.py")
    change = "w = pathlib.Path('sub/loaded.py').write_text('def f(): return 2')"
    lines = printed(
        f"""\
        import pathlib
        c("sub/loaded.py").__name__
        from loaded import f
        f(), loaded.two
        {change}
        r(loaded) is loaded
        f(), loaded.f()
        c("json.decoder").__name__, decoder.__name__
        """,
        cwd=tmp_path,
    )
    assert lines == ["'loaded'", "(1, 2)", "True", "(2, 2)", "('json.decoder', 'json.decoder')"]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("c('none.py')", "FileNotFoundError) c: expected a file, got "),
        ("c('sub/json.py')", "ImportError) c: expected a name that is free, got 'json'"),
        ("r('unknown')", "ImportError) r: expected a module that is loaded, got 'unknown'"),
        ("r(5)", "TypeError) r: expected a module or its name, got 5"),
    ],
)
def test_what_cannot_be_loaded_is_refused(
    call: str, error: str, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("", "sub/json.py")
    monkeypatch.chdir(tmp_path)
    done = typed(f"import json\n{call}\n")
    assert done.returncode == 1
    assert error in done.stderr


def test_recompile_reloads_what_has_changed(write: Write, tmp_path: Path) -> None:
    for name in "changed", "same":
        path = write("x = 1\n", f"{name}.py")
        os.utime(path, (1_000_000_000, 1_000_000_000))
    lines = printed(
        """\
        import os, changed, pathlib, same, time
        w = pathlib.Path("changed.py").write_text("x = 2")
        os.utime("changed.py", (time.time() + 5,) * 2)
        recompile(), changed.x, same.x
        """,
        cwd=tmp_path,
    )
    assert lines == ["(['changed'], 2, 1)"]


def test_respawn_gives_a_new_evaluator_with_the_same_variables() -> None:
    lines = printed(
        "me = self()\nm = send(me, 1)\nrespawn()\nself() == me, is_alive(me)\nflush()\n"
    )
    assert lines == ["(False, False)"]


@pytest.mark.parametrize("word", ["exit()", "quit()", "exit", " quit "])
def test_the_shell_is_left_by_a_word(word: str) -> None:
    assert printed(f"1\n{word}\n2\n") == ["1"]


def test_a_variable_with_the_name_of_such_a_word_leaves_nothing() -> None:
    assert printed("exit = 5\nexit\n2\n") == ["5", "2"]


def test_exit_with_a_pid_is_an_exit_signal() -> None:
    lines = printed("""\
        pid_, ref_ = spawn_monitor(lambda: sleep(None))
        exit(pid_, "enough")
        (await receive(Down)).reason
        """)
    assert lines == ["True", "'enough'"]


def test_the_start_file_is_run_first_with_the_names_of_the_shell(
    write: Write, tmp_path: Path
) -> None:
    write("await sleep(0)\nme = self()\nh_ = h\nx = 1\n", ".aquavit.py")
    write("x += 1\n", "script.py")
    assert printed("me == self(), h_ is h, x\n", "script.py", cwd=tmp_path) == ["(True, True, 2)"]
    done = piped("me\n", "--no-start-file", cwd=tmp_path)
    assert "NameError" in done.stderr
    home = {"cwd": tmp_path.parent, "HOME": str(tmp_path)}
    assert printed("x\n", **home) == ["1"]


def test_all_public_names_are_known() -> None:
    lines = printed("""\
        aquavit.__name__
        [each for each in aquavit.__all__ if each not in globals() and each[0] != "_"]
        Supervisor, GenServer, Task
        """)
    assert lines[:2] == ["'aquavit'", "[]"]
