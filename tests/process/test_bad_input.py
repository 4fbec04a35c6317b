"""Wrong arguments: every public function says what it expected, what it got, and what to do.

The table names for each function at least one wrong call; the last test sees to it that no
function is forgotten.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

import aquavit
from aquavit import (
    NoProcess,
    blocking,
    cancel_timer,
    demonitor,
    flush,
    from_thread,
    is_alive,
    isolation,
    kill,
    link,
    make_ref,
    monitor,
    preempt_in,
    process,
    process_info,
    read_timer,
    receive,
    register,
    registered,
    self,
    send,
    send_after,
    send_wait,
    set_mailbox_warning,
    sleep,
    spawn,
    spawn_link,
    spawn_monitor,
    trap_exit,
    unalias,
    unlink,
    unregister,
    wait,
    whereis,
)
from tests.support import died, idle, process_test, shown


async def coroutine_function() -> None: ...


def coroutine() -> Any:
    made = coroutine_function()
    made.close()
    return made


def generator() -> Any:
    yield


class Rude:
    """Its repr fails."""

    def __repr__(self) -> str:
        raise ValueError("rude")


NOT_PIDS = (None, 1, "name", make_ref(), b"x", [1], object())
NOT_SECONDS = (True, "1", [1], 1j, object())
NOT_POSITIVE = (-1, -0.001, float("nan"), float("-inf"), -(10**400))


def wrong(fn: Callable[..., Any], values: tuple[Any, ...]) -> list[tuple[Any, Any]]:
    """Return a call of `fn` for each of `values`."""
    return [(fn, value) for value in values]


#: (call with one argument, the argument, exception, text)
TABLE: list[tuple[Any, Any, type[Exception], str]] = [
    *[
        (fn, value, TypeError, f"{fn.__name__}: expected a Pid, got ")
        for fn in (kill, link, unlink, is_alive, process_info)
        for value in NOT_PIDS
    ],
    *[
        (lambda value: aquavit.exit(value, "r"), value, TypeError, "exit: expected a Pid, got ")
        for value in NOT_PIDS
    ],
    *[
        (lambda value: register(value, "x"), value, TypeError, "register: expected a Pid, got ")
        for value in NOT_PIDS
    ],
    *[
        (lambda name: register(self(), name), name, TypeError, "register: expected a name (str), ")
        for name in (None, 1, b"x", ("a",))
    ],
    *[
        (lambda name: register(self(), name), name, ValueError, "register: expected a name that is")
        for name in ("", "undefined")
    ],
    (unregister, "nobody", ValueError, "unregister: expected a registered name, got 'nobody'"),
    *[
        (fn, name, TypeError, f"{fn.__name__}: expected a name (str), got ")
        for fn in (unregister, whereis)
        for name in (None, 1, [1])
    ],
    *[
        (set_mailbox_warning, value, TypeError, "expected a number of messages or None")
        for value in ("1", 1.5, True)
    ],
    *[(set_mailbox_warning, n, ValueError, "expected 1 to 2,147,483,646") for n in (0, 2**40)],
    *[(preempt_in, value, TypeError, "expected the name of a package") for value in (None, 1, [1])],
    *[(wait, value, RuntimeError, "use `await` there") for value in (None, 1, coroutine())],
    *[
        (lambda value: send(value, 1), value, TypeError, "send: expected a Pid, a name, ")
        for value in (None, 1, b"x", [1], ("a", 1), ("a", "b", "c"), ())
    ],
    (lambda name: send(name, 1), "nobody", NoProcess, "'nobody' is not alive or not registered"),
    *[
        (lambda value: send(self(), value), value, TypeError, way_out)
        for value, way_out in ((generator(), "share(...)"), (coroutine(), "await it first, or"))
    ],
    (lambda value: spawn(print, 1, [value]), generator(), TypeError, "args[1][0]: expected data"),
    *[
        (lambda value: aquavit.exit(self(), [value]), value, TypeError, "reason[0]: expected data")
        for value in (generator(), coroutine())
    ],
    *[
        (lambda value, fn=fn: fn(value), value, TypeError, f"{fn.__name__}: expected a function")
        for fn in (spawn, spawn_link, spawn_monitor)
        for value in (None, 1, "name", coroutine())
    ],
    *[
        (fn, coroutine(), TypeError, f"pass the function and its arguments: {fn.__name__}(fn, *")
        for fn in (spawn, spawn_link, spawn_monitor)
    ],
    *[
        (lambda name, fn=fn: fn(idle, name=name), name, error, text)
        for fn in (spawn, spawn_link, spawn_monitor)
        for name, error, text in (
            (1, TypeError, f"{fn.__name__}: expected a name (str), got 1"),
            ("", ValueError, f"{fn.__name__}: expected a name that is not reserved"),
            ("taken", ValueError, f"{fn.__name__}: expected a free name, got 'taken'"),
        )
    ],
    *[(monitor, value, TypeError, "monitor: expected a Pid, a name or ") for value in (None, 1)],
    (lambda value: monitor(self(), alias=value), "x", ValueError, "expected alias to be one of"),
    (lambda value: monitor(self(), alias=value), [1], ValueError, "expected alias to be one of"),
    *[(demonitor, value, TypeError, "demonitor: expected a Ref, got") for value in (None, 1, "x")],
    *[(unalias, value, TypeError, "unalias: expected an Alias, got ") for value in (None, 1, "x")],
    *[(trap_exit, value, TypeError, "expected True or False, got") for value in (None, 1, "yes")],
    *[
        (lambda value: send_after(self(), 1, value), value, TypeError, "a delay in seconds, got ")
        for value in (*NOT_SECONDS, None)
    ],
    *[
        (lambda value: send_after(self(), 1, value), value, ValueError, "a delay of 0 seconds or ")
        for value in NOT_POSITIVE
    ],
    *[
        (lambda value: send_after(self(), 1, value), value, ValueError, "a delay that ends, got ")
        for value in (float("inf"), 10**400)
    ],
    *[
        (lambda value: send_after(value, 1, 1), value, TypeError, "expected a Pid, a name or an ")
        for value in (None, 1, make_ref(), ("a", "b"))
    ],
    (lambda value: send_after(self(), value, 1), generator(), TypeError, "share(...)"),
    *[
        (fn, value, TypeError, f"{fn.__name__}: expected a Ref of send_after, got ")
        for fn in (cancel_timer, read_timer)
        for value in (None, 1, "x")
    ],
    *[(aquavit.run, value, TypeError, "run: expected a function, got ") for value in (1, "x")],
    (aquavit.run, idle, RuntimeError, "run: expected no running event loop, got one"),
    *[
        (aquavit.set_report_rate, value, ValueError, "set_report_rate: expected a number above 0")
        for value in (0, -1, 1.5, "1", True)
    ],
    *[(isolation.register, 1, TypeError, "isolation.register: expected a type, got 1")],
    (isolation.register, int, TypeError, "expected either copy=function or reference=True"),
    (
        lambda cls: isolation.register(cls, copy=len, reference=True),
        set,
        TypeError,
        "expected either copy=function or reference=True",
    ),
    (
        lambda copy: isolation.register(set, copy=copy),
        1,
        TypeError,
        "isolation.register: expected a function to copy set with, got 1",
    ),
]

#: (awaited call with one argument, the argument, exception, text)
AWAITED: list[tuple[Any, Any, type[Exception], str]] = [
    *[
        (lambda value: receive(timeout=value), value, TypeError, "receive: expected a timeout in ")
        for value in NOT_SECONDS
    ],
    *[
        (lambda value: receive(timeout=value), value, ValueError, "receive: expected a timeout of ")
        for value in (*NOT_POSITIVE, 10**400)
    ],
    *[(sleep, value, TypeError, "sleep: expected a timeout in ") for value in NOT_SECONDS],
    *[(sleep, value, ValueError, "sleep: expected a timeout of ") for value in NOT_POSITIVE],
    *[
        (lambda value: send_wait(self(), 1, timeout=value), value, error, f"send_wait: {text}")
        for error, text, values in (
            (TypeError, "expected a timeout in seconds or None, got ", NOT_SECONDS),
            (ValueError, "expected a timeout of 0 seconds or more, got ", NOT_POSITIVE),
        )
        for value in values
    ],
    (lambda value: send_wait(value, 1), 5, TypeError, "send: expected a Pid, a name, "),
    (blocking, 5, TypeError, "blocking: expected a function, got 5"),
    *[
        (receive, value, TypeError, "receive: expected a pattern, got ")
        for value in (list[int], dict[str, int], list[int] | None)
    ],
    (
        lambda value: aquavit.receive(int, timeout=value),
        0,
        TimeoutError,
        "receive: no message matched <class 'int'> within 0 s",
    ),
    (lambda value: aquavit.receive(timeout=value), 0, TimeoutError, "receive: no message within 0"),
]
#: Functions that take no argument which could be wrong.
NOTHING_TO_SAY = {
    *("self", "flush", "make_ref", "node", "processes", "registered", "process_dict"),
    *("set_label", "alias", "share", "no_preempt"),
}


def _id(value: object) -> str:
    return re.sub(r"\W+", " ", shown(value)[:25])


@pytest.mark.parametrize(("call", "value", "error", "text"), TABLE, ids=_id)
@process_test
async def test_a_wrong_argument_is_refused_in_words(
    call: Callable[[Any], Any], value: Any, error: type[Exception], text: str
) -> None:
    taken = spawn(idle, name="taken")
    with pytest.raises(error) as caught:
        call(value)
    assert text in str(caught.value)
    if not isinstance(caught.value, NoProcess):
        assert re.search(r"expected .*got |could not", str(caught.value), re.DOTALL)
    assert registered() == ["taken"]
    assert flush() == []
    kill(taken)
    await died(taken)


@pytest.mark.parametrize(("call", "value", "error", "text"), AWAITED, ids=_id)
@process_test
async def test_a_wrong_argument_of_a_wait_is_refused_in_words(
    call: Callable[[Any], Any], value: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error) as caught:
        await call(value)
    assert text in str(caught.value)
    send(self(), "still there")
    assert await receive(timeout=0) == "still there"


@process_test
async def test_names_that_cannot_be_given_say_why() -> None:
    dead = spawn(lambda: None)
    await died(dead)
    with pytest.raises(ValueError, match=r"could not register .* because it is not alive"):
        register(dead, "name")
    register(self(), "mine")
    with pytest.raises(ValueError, match=r"already been given another name, 'mine'"):
        register(self(), "other")
    other = spawn(idle)
    with pytest.raises(ValueError, match=r"because the name is already taken by #PID"):
        register(other, "mine")
    unregister("mine")
    kill(other)
    await died(other)


@process_test
async def test_linking_the_dead_says_what_to_do() -> None:
    dead = spawn(lambda: None)
    await died(dead)
    with pytest.raises(NoProcess, match=r"trap_exit\(True\) turns this into an Exit message"):
        link(dead)


@process_test
async def test_an_argument_whose_repr_fails_is_refused_all_the_same() -> None:
    rude: Any = Rude()
    for call in (kill, link, monitor, is_alive, unregister, cancel_timer, spawn, trap_exit):
        with pytest.raises(TypeError, match=r"expected .* got "):
            call(rude)
    with pytest.raises(TypeError, match=r"expected .* got "):
        send(rude, 1)
    with pytest.raises(TypeError, match="expected a timeout in seconds or None, got "):
        await sleep(rude)


@pytest.mark.parametrize("timeout", NOT_SECONDS, ids=_id)
def test_from_thread_refuses_what_is_no_timeout(timeout: Any) -> None:
    with pytest.raises(TypeError, match=r"expected a timeout in seconds or None, got "):
        from_thread.call(max, 1, 2, timeout=timeout)


@pytest.mark.parametrize("timeout", NOT_POSITIVE, ids=_id)
def test_from_thread_refuses_a_negative_timeout(timeout: Any) -> None:
    with pytest.raises(ValueError, match=r"expected a timeout of 0 seconds or more, got "):
        from_thread.call(max, 1, 2, timeout=timeout)


@process_test
async def test_from_thread_refuses_what_is_no_function() -> None:
    for value in (1, coroutine()):
        with pytest.raises(TypeError, match=r"from_thread.call: expected a function, got "):
            await asyncio.to_thread(from_thread.call, value)


@process_test
async def test_receive_in_the_hands_of_another_process_says_what_to_use() -> None:
    with pytest.raises(aquavit.NotInProcess, match=r"use receive\(timeout=\.\.\.\)"):
        await asyncio.gather(receive())


@process_test
async def test_a_receive_of_anything_in_the_hands_of_another_process_says_so() -> None:
    with pytest.raises(aquavit.NotInProcess, match="got another process that called and #PID"):
        await asyncio.gather(receive())


def test_a_receive_that_no_process_has_called_says_so() -> None:
    wait_ = receive(1)

    async def main() -> None:
        await wait_

    with pytest.raises(aquavit.NotInProcess, match="got no process that called and #PID"):
        aquavit.run(main)


def test_every_public_function_is_in_the_table() -> None:
    source = inspect.getsource(sys.modules[__name__])
    functions = {
        name
        for name in process.__all__
        if callable(getattr(process, name)) and not isinstance(getattr(process, name), type)
    }
    named = set(re.findall(r"\w+", source.partition("TABLE:")[2].partition("def _id")[0]))
    assert functions - named - NOTHING_TO_SAY == set()
