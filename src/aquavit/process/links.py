"""Links, monitors and aliases.

Elixir: Process.link/1, unlink/1, monitor/2, demonitor/2, alias/1, unalias/1.
"""

from __future__ import annotations

from typing import Any, Literal

from aquavit.core import calls, ids, loops, matching, relations
from aquavit.core.exits import NoProcess, brief
from aquavit.core.ids import NODE, Alias, Pid, Ref
from aquavit.core.process import Process
from aquavit.core.signals import Down

__all__ = ["alias", "demonitor", "link", "monitor", "unalias", "unlink"]

AliasMode = Literal["explicit_unalias", "demonitor", "reply_demonitor"]
_MODES = (relations.EXPLICIT, relations.DEMONITOR, relations.REPLY)


def link(pid: Pid[Any]) -> bool:
    """Link the current process and `pid`: if one fails, the other is told.

    There is at most one link between two processes.

    Args:
        pid: a process; linking to oneself does nothing.

    Returns:
        True.

    Raises:
        NoProcess: `pid` is dead and the caller does not trap exits; one that does gets
            `Exit(pid, "noproc")` instead.
        TypeError: `pid` is no Pid.
        ValueError: `pid` belongs to another event loop.

    Example:
        >>> async def main():
        ...     pid = spawn(sleep, None)
        ...     link(pid)
        ...     return process_info(self()).links == (pid,)
        >>> run(main)
        True

    Elixir: Process.link/1.
    """
    caller = loops.here("link")
    _check(pid, "link")
    peer: Any = pid.process
    if peer is not None and not peer.exiting:
        _check_here(caller, peer, "link")
        relations.add_link(caller, peer)
    elif caller.trap:
        caller.runtime.signal_exit(caller, pid, "noproc", True)
    else:
        raise NoProcess(pid, "trap_exit(True) turns this into an Exit message")
    return True


def unlink(pid: Pid[Any]) -> bool:
    """Take the link between the current process and `pid` away.

    No `Exit` of that link arrives afterwards; one that is in the mailbox stays.

    Args:
        pid: a process, linked or not, dead or alive.

    Returns:
        True.

    Raises:
        TypeError: `pid` is no Pid.

    Example:
        >>> async def main():
        ...     pid = spawn_link(sleep, None)
        ...     unlink(pid)
        ...     exit(pid, "alone")
        ...     return process_info(self()).links
        >>> run(main)
        ()

    Elixir: Process.unlink/1.
    """
    caller = loops.here("unlink")
    _check(pid, "unlink")
    peer: Any = pid.process
    if peer is not None:
        relations.remove_link(caller, peer)
    caller.runtime.forget(caller, pid)
    return True


def monitor(
    target: Pid[Any] | str | tuple[str, str],
    *,
    alias: AliasMode | None = None,
    tag: object = None,
) -> Ref:
    """Ask for one `Down(ref, pid, reason)` message when `target` ends.

    Each call makes a monitor of its own. A process that is already gone gives a Down
    with reason `"noproc"`.

    Args:
        target: a Pid, a name, or `(name, node)`; a name is looked up now, and the Down
            then shows `(name, node)` as its pid.
        alias: makes the Ref an Alias, which ends with `unalias` only
            ("explicit_unalias"), with the monitor ("demonitor"), or with the first
            message sent to it ("reply_demonitor", which ends the monitor too).
        tag: the message is then the tuple `(tag, ref, pid, reason)`.

    Returns:
        The Ref, for `demonitor` and for the pattern `Down(ref, ..., ...)`.

    Raises:
        TypeError, ValueError: `target` or `alias` is wrong.

    Example:
        >>> async def main():
        ...     pid = spawn(lambda: None)
        ...     ref = monitor(pid)
        ...     return (await receive(Down(ref, ..., ...))).reason
        >>> run(main)
        'normal'

    Elixir: Process.monitor/2.
    """
    caller = loops.here("monitor")
    check_alias_mode(alias, "monitor")
    shown, process = _find(target)
    if process is not None:
        _check_here(caller, process, "monitor")
    ref = ref_of_monitor(caller, alias)
    if process is not None:
        relations.add_monitor(caller, process, ref, None if shown is target else shown, tag)
    else:
        caller.runtime.send_down(caller, ref, shown, "noproc", tag)
    return ref  # type: ignore[no-any-return]


def check_alias_mode(alias: object, function: str) -> None:
    """Raise unless `alias` is a mode, or None.

    Raises:
        ValueError: it is something else.
    """
    if alias is not None and alias not in _MODES:
        raise ValueError(f"{function}: expected alias to be one of {_MODES}, got {alias!r}")


def ref_of_monitor(caller: Any, alias: AliasMode | None) -> Any:
    """Return a new Ref for a monitor of `caller`, which is an Alias if a mode is given."""
    ref: Any = ids.new_ref() if alias is None else ids.new_alias(caller.pid)
    caller.mark(ref.id)
    if alias is not None:
        relations.add_alias(caller, ref, alias)
    return ref


def _find(target: Any) -> tuple[Any, Any]:
    """Return what a Down shows for `target`, and its process or None."""
    if isinstance(target, Pid):
        return target, target.process
    name, node = (target, NODE) if isinstance(target, str) else _name_and_node(target)
    process = calls.find_name(name, "monitor") if node == NODE else None
    return (name, node), process


def _name_and_node(target: Any) -> tuple[str, str]:
    if (
        isinstance(target, tuple)
        and len(target) == 2
        and all(isinstance(part, str) for part in target)
    ):
        return target
    raise TypeError(f"monitor: expected a Pid, a name or (name, node), got {brief(target)}")


def demonitor(ref: Ref, *, flush: bool = False, info: bool = False) -> bool:
    """Take a monitor of the current process away.

    Args:
        ref: what `monitor` returned.
        flush: also take its Down out of the mailbox, if it is there.
        info: return whether the monitor was still there.

    Returns:
        True; with `info`, whether it was found.

    Raises:
        TypeError: `ref` is no Ref.

    Example:
        >>> async def main():
        ...     ref = monitor(self())
        ...     return demonitor(ref, info=True), demonitor(ref, info=True)
        >>> run(main)
        (True, False)

    Elixir: Process.demonitor/2.
    """
    caller = loops.here("demonitor")
    if not isinstance(ref, Ref):
        raise TypeError(f"demonitor: expected a Ref, got {brief(ref)}")
    found = relations.remove_monitor(caller, ref)
    if found:
        relations.monitor_ended(caller, ref)
    caller.runtime.forget(caller, ref)
    if flush and not found:
        # The second form is that of a monitor with a tag.
        caller.take(matching.compile_patterns((Down(ref, ..., ...), (..., ref, ..., ...))))
    return found if info else True


def alias(*, reply: bool = False) -> Alias:
    """Make an Alias: a Ref that leads to the current process until `unalias`.

    Args:
        reply: it ends with the first message sent to it.

    Returns:
        The Alias, to be given to others in place of the Pid.

    Example:
        >>> async def main():
        ...     reply_to = alias()
        ...     send(reply_to, "seen")
        ...     unalias(reply_to)
        ...     send(reply_to, "dropped")
        ...     return flush()
        >>> run(main)
        ['seen']

    Elixir: Process.alias/1.
    """
    caller = loops.here("alias")
    made = ids.new_alias(caller.pid)
    caller.mark(made.id)
    relations.add_alias(caller, made, relations.REPLY if reply else relations.EXPLICIT)
    return made


def unalias(alias: Alias) -> bool:
    """End an Alias of the current process; later messages to it are dropped.

    Returns:
        Whether it was active, and the caller's.

    Raises:
        TypeError: `alias` is no Ref.

    Example:
        >>> async def main():
        ...     made = alias()
        ...     return unalias(made), unalias(made)
        >>> run(main)
        (True, False)

    Elixir: Process.unalias/1.
    """
    caller = loops.here("unalias")
    if not isinstance(alias, Ref):
        raise TypeError(f"unalias: expected an Alias, got {brief(alias)}")
    return isinstance(alias, Alias) and relations.remove_alias(caller, alias)


def _check_here(caller: Process, peer: Process, where: str) -> None:
    """Refuse what another thread may be changing at this moment."""
    if peer.runtime is not caller.runtime:
        raise ValueError(
            f"{where}: expected a process of this event loop, got {peer.pid!r} of another"
            f"\nonly send, exit and kill reach it there"
        )


def _check(pid: object, caller: str) -> None:
    if not isinstance(pid, Pid):
        raise TypeError(
            f"{caller}: expected a Pid, got {brief(pid)}\nwhereis(name) finds one by name"
        )
