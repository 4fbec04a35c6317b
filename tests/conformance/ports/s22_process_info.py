"""Scenario 22: what can be known about a process."""

from __future__ import annotations

from typing import Any

import aquavit
from aquavit import (
    link,
    monitor,
    process_dict,
    process_info,
    processes,
    register,
    self,
    send,
    unlink,
)
from tests.conformance import trace as t
from tests.support import info

_FIELDS = "process_info returns an object with fields, not a list of chosen keys"
_NO_VM = "there is no such thing in the runtime"
DEPARTURES = {
    "default_keys": _FIELDS,
    "unnamed_registered_in_default": _FIELDS,
    "named_first_key": _FIELDS,
    "dict_key": _FIELDS,
    "group_leader": f"group leader: {_NO_VM}",
    "priority": f"priorities: {_NO_VM}",
    "error_handler": f"error handler: {_NO_VM}",
    "suspended": "a bare process cannot be suspended; behaviours can",
}
CHANGES = {
    "ints": ("[true, true, true]", "processes have no heap and stack of their own to measure"),
    "current_function": (
        '{:current_function, :"tests.conformance.trace.worker_loop"}',
        "a function is shown by its qualified name",
    ),
    "initial_call": (
        '{:initial_call, :"tests.conformance.trace.worker.<locals>.work"}',
        "a function is shown by its qualified name",
    ),
    "dead": ("nil", "there is one form of process_info, not three"),
}


async def main() -> None:
    """Play the scenario."""
    me = t.name(self(), "MAIN")
    worker = t.name(await t.worker(trap=True), "W")
    await t.settle()
    _first(worker)
    await _relations(worker)
    send(worker, "q1")
    send(worker, "q2")
    await t.settle()
    known = info(worker)
    messages = ("messages", list(known.messages))
    t.p("messages", (messages, ("message_queue_len", known.message_count)))
    numbers = (known.reductions, known.memory, known.message_count)
    t.p("ints", [isinstance(number, int) for number in numbers])
    t.p("current_function", ("current_function", known.current_function))
    t.p("initial_call", ("initial_call", known.initial_call))
    t.p("parent", (await t.attempt(lambda: info(worker).parent))[0])
    bad_key: Any = known
    t.p("bad_key", (await t.attempt(lambda: bad_key.nope, AttributeError, "ArgumentError"))[1])
    unlink(worker)
    aquavit.kill(worker)
    await t.down(worker)
    t.p("dead", process_info(worker))
    t.p("list_has_self", me in processes())
    t.p("list_no_dead", worker in processes())


def _first(worker: Any) -> None:
    known = info(worker)
    t.p(
        "multi",
        [
            *(("trap_exit", known.trap_exit), ("status", known.status)),
            *(("links", list(known.links)), ("monitors", list(known.monitors))),
            ("message_queue_len", known.message_count),
        ],
    )
    register(worker, "wreg")
    t.p("named", ("registered_name", info(worker).name))
    t.p("status_wait", ("status", info(worker).status))
    t.p("status_self", ("status", info(self()).status))
    link(worker)
    t.p("links", ("links", list(info(worker).links)))


async def _relations(worker: Any) -> None:
    watched = t.name(await t.worker(), "X")
    await t.do_in(worker, lambda: monitor(watched))
    t.p("monitors", _monitors(worker))
    t.p("monitored_by", ("monitored_by", list(info(watched).monitored_by)))
    await t.do_in(worker, lambda: monitor("some_name"))
    t.p("monitors_dead_name", _monitors(worker))
    await t.do_in(worker, lambda: process_dict().update(k=1))
    t.p("dictionary", ("dictionary", list(info(worker).dictionary.items())))


def _monitors(pid: Any) -> tuple[str, Any]:
    return "monitors", [("process", target) for target in info(pid).monitors]
