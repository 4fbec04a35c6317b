"""Scenario 06: a process that raises leaves the others alone."""

from __future__ import annotations

import aquavit
from aquavit import ProcessExit, make_ref, receive, self, send, sleep, spawn
from tests.conformance import trace as t
from tests.conformance.trace import Text

_TERMS = "the reason is the exception that Python raises; it has no such Erlang term"
_NO_THROW = "Python has no throw; what is raised is an exception"
_CLEAN_UP = "an exit signal runs clean-up code, since Python's finally must run"
DEPARTURES = {
    **dict.fromkeys(("badmatch", "case_clause", "cond_clause", "function_clause"), _TERMS),
    **dict.fromkeys(("badarity", "undef", "badarg", "badarith"), _TERMS),
    "throw": _NO_THROW,
}
CHANGES = {
    "div0": ('{%ZeroDivisionError{message: "division by zero"}, STACK}', _TERMS),
    "with_keyerror": ("{%KeyError{key: :b, term: %{}, message: nil}, STACK}", _TERMS),
    "after_blocks": ("[after_ran: :raise, after_ran: :exit]", _NO_THROW),
    "no_cleanup": ("[:cleanup]", _CLEAN_UP),
}


async def main() -> None:
    """Play the scenario."""
    me = self()
    pid = spawn(_raise_when_told)
    ref = aquavit.monitor(pid)
    send(pid, "go")
    t.p("down_reason", await t.wait(ref))
    t.p("spawner", t.status(me))
    t.p("mailbox", await t.flush())
    error = await t.run(lambda: _raise(ValueError("bad")))
    t.p("shape", (type(error), Text(str(error)), error.__traceback__ is not None))
    t.p("div0", await t.run(lambda: 1 / 0))
    t.p("with_keyerror", await t.run(lambda: {"a": 1}["b"]))
    t.p("exit", await t.run(lambda: _raise(ProcessExit("bye"))))
    t.p("exit_normal", await t.run(lambda: _raise(ProcessExit("normal"))))
    t.p("rescued", await t.run(lambda: _rescue(RuntimeError("x"))))
    t.p("caught_exit", await t.run(lambda: _rescue(ProcessExit("x"))))
    await _clean_up()


async def _clean_up() -> None:
    me = self()

    def leave(how: str, error: BaseException) -> None:
        try:
            raise error
        finally:
            send(me, ("after_ran", how))

    await t.run(lambda: leave("raise", RuntimeError("x")))
    await t.run(lambda: leave("exit", ProcessExit("e")))
    t.p("after_blocks", await t.flush())
    pid = await t.worker()

    async def wait() -> None:
        try:
            await sleep(None)
        finally:
            send(me, "cleanup")

    send(pid, ("do", wait, me, make_ref()))
    await t.settle()
    aquavit.exit(pid, "die")
    t.p("reason", await t.down(pid) in ("die", "noproc"))
    t.p("no_cleanup", await t.flush())


async def _raise_when_told() -> None:
    await receive("go")
    raise RuntimeError("oops")


def _raise(error: BaseException) -> None:
    raise error


def _rescue(error: BaseException) -> None:
    try:
        raise error
    except (RuntimeError, ProcessExit):
        return
