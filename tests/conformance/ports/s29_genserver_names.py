"""Scenario 29: names: local, Via of one's own, Registry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import aquavit
from aquavit import GenServer, Registry, Via, node, self, send, whereis
from aquavit.core.names import Address
from tests.conformance import trace as t
from tests.conformance.trace import Text

_GLOBAL = "names of a whole cluster come with nodes, which are not there yet"
_HANDLER = "a Via of one's own resolves by whereis() only; a message then goes straight to the Pid"
_TAGS = ("global", "global_again", "global_none", "global_cast_none", "global_freed")
DEPARTURES = {
    **{tag: _GLOBAL for tag in _TAGS},
    'bad "str"': "names are strings here, so this one is good",
}
CHANGES = {
    "via_cast": ("{:ok, [hey: :via_state]}", _HANDLER),
    "via_none": (
        '{:exit, {:noproc, {GenServer, :call, [{:via, "none"}, :get, 5000]}}}',
        "a Via of one's own is an object, not a module and a name",
    ),
    "multi": ("{nil, {[], [:nonode@nohost]}}", "a call that only does something returns None"),
    **{
        tag: ("TypeError", "what cannot be a name is of a wrong type")
        for tag in ("bad 1", "bad {:bad, :x}", "bad {:via, Reg}")
    },
}


class S(GenServer):
    """Holds one value."""

    def init(self, state: Any) -> None:
        """Keep it."""
        self.state = state

    def handle_call(self, request: Any, from_: Any) -> Any:
        """Return it."""
        return self.state

    def handle_cast(self, request: Any) -> None:
        """Send it."""
        _, to, word = request
        send(to, (word, self.state))


class Own(Address):
    """A table of one's own, which tells main of what it does."""

    table: ClassVar[dict[str, Any]] = {}

    def __init__(self, key: str, main: Any) -> None:
        self.key = key
        self.main = main

    def whereis(self) -> Any:
        """Return who has the key."""
        return self.table.get(self.key)

    def register(self, pid: Any) -> Any:
        """Give it the key, unless somebody has it."""
        holder = self.table.setdefault(self.key, pid)
        if holder == pid:
            send(self.main, ("register", Text(self.key)))
            return None
        return holder


async def main() -> None:
    """Play the scenario."""
    local = t.name(await S.start_link("local_state", name="loc"), "LOC")
    replies = [await GenServer.call(each, "get") for each in ("loc", ("loc", node()))]
    t.p("local", (replies[0], whereis("loc"), replies[1]))
    GenServer.cast("loc", ("tell", self(), "m"))
    t.p("cast", await t.flush())
    t.p("again", await t.started(lambda: S.start("x", name="loc")))
    await GenServer.stop("loc")
    assert not aquavit.is_alive(local)
    t.p("freed", whereis("loc"))
    await _via()
    await _registry()
    t.p("multi", (_abcast(), await GenServer.multi_call([node()], "nope", "x")))
    names: dict[str, Any] = {"1": 1, "{:bad, :x}": ("bad", "x"), "{:via, Reg}": ("via", "Reg")}
    for shown, name in names.items():
        refused = await t.attempt(lambda name=name: S.start(0, name=name))
        t.p(f"bad {shown}", refused[1])


def _abcast() -> Any:
    cast: Callable[..., Any] = GenServer.abcast
    return cast([node()], "nope", "x")


async def _via() -> None:
    Own.table.clear()
    name, none = Own("k", self()), Own("none", self())
    via = t.name(await S.start("via_state", name=name), "VIA")
    t.p("via_start", await t.flush())
    t.p("via_call", (await GenServer.call(name, "get"), await t.flush()))
    GenServer.cast(name, ("tell", self(), "hey"))
    t.p("via_cast", ("ok", await t.flush()))
    t.p("via_taken", (await t.started(lambda: S.start(0, name=name)), await t.flush()))
    word, (reason, (module, function, asked)) = await t.attempt(lambda: GenServer.call(none, "get"))
    asked[0] = ("via", Text(asked[0].key))
    t.p("via_none", (word, (reason, (module, function, asked))))
    t.p("via_whereis", (GenServer.whereis(name), GenServer.whereis(none)))
    await GenServer.stop(via)
    t.p("via_stop", await t.flush())


async def _registry() -> None:
    await Registry.start_link(keys="unique", name="Reg")
    name = Via("Reg", "key")
    t.name(await S.start("reg_state", name=name), "REG")
    t.p("registry", (await GenServer.call(name, "get"), Registry.lookup("Reg", "key")))
    t.p("registry_taken", await t.started(lambda: S.start(0, name=name)))
    t.name(await S.start("v", name=Via("Reg", "k2", "meta")), "REG2")
    t.p("registry_value", Registry.lookup("Reg", "k2"))
