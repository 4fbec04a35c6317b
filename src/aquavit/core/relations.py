"""Links, monitors and aliases between processes, as plain data.

    links         symmetric, at most one between two processes. Stored in `Process.links`
                  of both: None, the one peer, or a dict of peers in the order of linking
                  (most processes have exactly one, to their supervisor)
    Monitor       one way; in `rare.monitors` of the watcher and in `rare.monitored_by` of
                  the target, under its Ref. Fires once, then it is in neither
    aliases       `rare.aliases` of the owner: Alias -> mode
    From          a request that waits for its reply: a one-shot alias of the caller and its
                  monitor of the server in one. `rare.asking` of the caller (it waits for
                  one at a time), in the list `rare.asked` of the server

Nothing is sent here; the runtime does that when a process dies.

Erlang: erl_monitor_link.
"""

from __future__ import annotations

from typing import Any

from aquavit.core import directives as cython
from aquavit.core import ids, native
from aquavit.core.ids import Alias, Ref
from aquavit.core.process import Process

if False:  # tells Cython that `cython` means its directives
    import cython  # type: ignore

__all__ = ["From", "Monitor", "peers"]

#: What ends an alias: only unalias; the demonitor or Down of its monitor; the first reply.
EXPLICIT, DEMONITOR, REPLY = "explicit_unalias", "demonitor", "reply_demonitor"


@cython.final
@cython.no_gc
@cython.cclass
class Monitor:
    """One monitor: `watcher` is told when `target` dies."""

    __slots__ = ("name", "ref", "tag", "target", "watcher")
    name: Any
    ref: Ref
    tag: Any
    target: Process
    watcher: Process


@cython.no_gc
@cython.final
@cython.cclass
class From(Alias):
    """Who has sent a request, and where the reply goes.

    `deadline` is when the sender stops waiting, by the clock of its runtime; `server` is
    the process that was asked, None when a reply is no longer wanted.

    Erlang: From in gen_server.
    """

    __slots__ = ("after", "before", "deadline", "server")
    after: From | None
    before: From | None
    deadline: float
    server: Process | None


def peers(process: Process) -> list[Any]:
    """Return the processes linked to `process`, in the order of linking."""
    if process.links is None:
        return []
    if type(process.links) is dict:
        return list(process.links)
    return [process.links]


def are_linked(a: Process, b: Process) -> bool:
    """Tell whether `a` and `b` are linked."""
    return a.links is b or (type(a.links) is dict and b in a.links)


def add_link(a: Process, b: Process) -> None:
    """Link two processes; again, or a process with itself, changes nothing."""
    if a is not b and not are_linked(a, b):
        _add_peer(a, b)
        _add_peer(b, a)


def remove_link(a: Process, b: Process) -> bool:
    """Take the link away; tell whether there was one."""
    if not are_linked(a, b):
        return False
    _remove_peer(a, b)
    _remove_peer(b, a)
    return True


def _add_peer(process: Process, peer: Process) -> None:
    if process.links is None:
        process.links = peer
    elif type(process.links) is dict:
        process.links[peer] = None
    else:
        links = native.own_dict()
        links[process.links] = links[peer] = None
        process.links = links


def _remove_peer(process: Process, peer: Process) -> None:
    if process.links is peer:
        process.links = None
    else:
        del process.links[peer]
        if not process.links:
            process.links = None


def add_monitor(watcher: Process, target: Process, ref: Ref, name: Any, tag: Any) -> None:
    """Make `watcher` watch `target`; `name` is shown in place of the pid if given."""
    monitor = Monitor.__new__(Monitor)
    monitor.ref = ref
    monitor.watcher = watcher
    monitor.target = target
    monitor.name = name
    monitor.tag = tag
    own = watcher.extras()
    if own.monitors is None:
        own.monitors = native.own_dict()
    own.monitors[ref] = monitor
    if target is not watcher:  # watching oneself is allowed and never fires
        other = target.extras()
        if other.monitored_by is None:
            other.monitored_by = native.own_dict()
        other.monitored_by[ref] = monitor


def remove_monitor(watcher: Process, ref: Ref) -> bool:
    """Take the watcher's monitor `ref` away; tell whether there was one."""
    if watcher.rare is None or watcher.rare.monitors is None:
        return False
    monitor: Monitor | None = watcher.rare.monitors.pop(ref, None)
    if monitor is None:
        return False
    target = monitor.target
    if target.rare is not None and target.rare.monitored_by is not None:
        target.rare.monitored_by.pop(ref, None)
    return True


def take_watchers(target: Process) -> list[Any]:
    """Take away and return all monitors on `target`, oldest first."""
    if target.rare is None or not target.rare.monitored_by:
        return []
    monitors = list(target.rare.monitored_by.values())
    target.rare.monitored_by = None
    for each in monitors:
        monitor: Monitor = each
        del monitor.watcher.rare.monitors[monitor.ref]
    return monitors


def drop_monitors(watcher: Process) -> None:
    """Take away everything that `watcher` watches."""
    if watcher.rare is not None and watcher.rare.monitors:
        for ref in list(watcher.rare.monitors):
            remove_monitor(watcher, ref)


def monitors(process: Process) -> list[Any]:
    """Return what `process` watches: Pids, and `(name, node)` where it watches a name."""
    if process.rare is None:
        return []
    watched = [each.name or each.target.pid for each in (process.rare.monitors or {}).values()]
    if process.rare.asking is not None:
        watched.append(process.rare.asking.server.pid)
    return watched


def watchers(process: Process) -> list[Any]:
    """Return the Pids of the processes that watch `process`."""
    if process.rare is None:
        return []
    found = [each.watcher.pid for each in (process.rare.monitored_by or {}).values()]
    from_ = process.rare.asked
    while from_ is not None:
        found.append(from_.pid)
        from_ = from_.after
    return found


def add_alias(owner: Process, alias: Alias, mode: str) -> None:
    """Make `alias` lead to `owner` until `mode` ends it."""
    rare = owner.extras()
    if rare.aliases is None:
        rare.aliases = native.own_dict()
    rare.aliases[alias] = mode


def alias_mode(owner: Process, alias: Alias) -> str | None:
    """Return the mode of an active alias, or None."""
    if owner.rare is None or owner.rare.aliases is None:
        return None
    return owner.rare.aliases.get(alias)  # type: ignore[no-any-return]


def open_alias(owner: Process, alias: Alias) -> bool:
    """Tell whether a message may come through `alias`; one that ends with it is ended."""
    mode = alias_mode(owner, alias)
    if mode == REPLY:
        remove_alias(owner, alias)
        remove_monitor(owner, alias)
    return mode is not None


def remove_alias(owner: Process, alias: Alias) -> bool:
    """End `alias`; tell whether it was active."""
    if owner.rare is None or owner.rare.aliases is None:
        return False
    return owner.rare.aliases.pop(alias, None) is not None


def monitor_ended(watcher: Process, ref: Ref) -> None:
    """End the alias that was made together with the monitor `ref`, if it ends with it."""
    if type(ref) is Alias and alias_mode(watcher, ref) in (DEMONITOR, REPLY):
        remove_alias(watcher, ref)


def add_request(caller: Process, server: Process, deadline: float) -> From:
    """Note that `caller` waits for a reply of `server`; return where that goes."""
    ids.REFS.value += 1
    from_ = From.__new__(From)
    from_.id = ids.REFS.value
    from_.pid = caller.pid
    from_.deadline = deadline
    from_.server = server
    from_.before = None
    asked = server.extras()
    from_.after = asked.asked
    if from_.after is not None:
        from_.after.before = from_
    asked.asked = from_
    own = caller.extras()
    if own.asking is not None:  # a wait that was dropped without being ended
        end_request(own.asking)
    own.asking = from_
    return from_


def end_request(from_: From) -> None:
    """Forget a request, if it still waits for its reply."""
    server = from_.server
    if server is None:
        return
    from_.server = None
    if from_.before is not None:
        from_.before.after = from_.after
    else:
        server.rare.asked = from_.after
    if from_.after is not None:
        from_.after.before = from_.before
    from_.before = from_.after = None
    caller: Process = from_.pid.process
    caller.rare.asking = None


def take_requests(server: Process) -> list[Any]:
    """Take away and return all requests that `server` has not replied to, oldest first."""
    taken: list[Any] = []
    while server.rare.asked is not None:
        from_: From = server.rare.asked
        taken.append(from_)
        end_request(from_)
    taken.reverse()
    return taken
