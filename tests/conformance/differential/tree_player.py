"""Plays a case of `trees` here: the counterpart of trees.exs."""

from __future__ import annotations

from typing import Any

from aquavit import (
    AlreadyStarted,
    ChildError,
    ChildSpec,
    Down,
    DynamicSupervisor,
    Exit,
    NoProcess,
    PartitionSupervisor,
    Pid,
    ProcessExit,
    ServerExit,
    StartError,
    Supervisor,
    exit,
    kill,
    monitor,
    receive,
    send,
    spawn,
    spawn_link,
    system,
    trap_exit,
)
from aquavit import self as self_pid
from tests.conformance.differential.supervisors import Starts, end_child
from tests.support import settled

CLASSES: dict[str, Any] = {
    "supervisor": Supervisor,
    "dynamic": DynamicSupervisor,
    "partition": PartitionSupervisor,
}
#: Long enough that no restart is forgotten.
MAX_SECONDS = 3600
Child = dict[str, Any]
#: Who runs: (number, Pid, kind, number of its supervisor).
Runner = tuple[int, Pid[Any], str, int]


class Recorder:
    """Knows who runs, by the number of its start, and what has happened in which order."""

    def __init__(self) -> None:
        self.numbers: dict[Pid[Any], int] = {}
        self.alive: dict[Pid[Any], Runner] = {}
        self.events: list[Any] = []

    async def serve(self) -> None:
        """Watch, note and answer."""
        while True:
            match await receive():
                case ("watch", parent, pid, id, kind):
                    above, number = self.number(parent), self.number(pid)
                    monitor(pid)
                    send(parent, ("watched", pid))
                    self.alive[pid] = (number, pid, kind, above)
                    self.events.append(("start", number, above, kind, id))
                case ("note", event):
                    self.events.append(event)
                case Down(_, pid, reason):
                    del self.alive[pid]
                    self.events.append(("down", self.numbers[pid], plain(reason)))
                case ("events", sender):
                    send(sender, ("events", self.events))
                    self.events = []
                case ("alive", sender):
                    send(sender, ("alive", sorted(self.alive.values())))
                case ("numbers", sender):
                    send(sender, ("numbers", self.numbers))

    def number(self, pid: Pid[Any]) -> int:
        """Return the number of `pid`; a supervisor has it before its first child."""
        return self.numbers.setdefault(pid, len(self.numbers))


async def ask(recorder: Pid[Any], what: str) -> Any:
    """Return what the recorder knows."""
    send(recorder, (what, self_pid()))
    return (await receive((what, ...)))[1]


# --- children


def spec_of(to: Any, child: Child, extra: tuple[Any, ...]) -> ChildSpec:
    """Return how a child is started; `extra` is what a dynamic supervisor adds."""
    shutdown = child["shutdown"]
    if shutdown == "infinity":
        shutdown = None
    elif shutdown != "brutal_kill":
        shutdown /= 1000
    return ChildSpec(
        child["id"],
        (start, *extra, to, child),
        restart=child["restart"],
        shutdown=shutdown,
        type="worker" if child["kind"] == "worker" else "supervisor",
        significant=child["significant"],
    )


async def start(extra: Any, to: tuple[Pid[Any], Starts], child: Child) -> Any:
    """Start a child, or do what its list says in place of that."""
    recorder, starts = to
    count = starts[child["number"]] = starts.get(child["number"], 0) + 1
    how = "start" if count > len(child["starts"]) else child["starts"][count - 1]
    if how != "start":
        send(recorder, ("note", (how, child["id"], extra)))
    match how:
        case "ignore":
            return None
        case "error":
            raise StartError(start, "refused")
        case "raise":
            raise RuntimeError("no")
        case "exit":
            raise ProcessExit("gone")
        case "bad":
            return "oops"
    pid = await run(to, child)
    for _ in range(8 if child["kind"] != "worker" else 0):
        # Of its children some may be dead already, or soon after a restart: it sees to that first.
        await outcome(CLASSES[child["kind"]].count_children(pid))
    send(recorder, ("watch", self_pid(), pid, child["id"], child["kind"]))
    await receive(("watched", pid))
    if type(how) is tuple:  # it is dead when its supervisor hears of it
        ref = monitor(pid)
        send(pid, ("die", how[1]))
        await receive(Down(ref, ..., ...))
    return (pid, "info") if how == "info" else pid


async def run(to: Any, child: Child) -> Pid[Any]:
    """Start what a child is."""
    most = {"max_restarts": child["max_restarts"], "max_seconds": MAX_SECONDS}
    made: Pid[Any]
    match child["kind"]:
        case "worker":
            made = spawn_link(live, self_pid(), child["traps"])
            await receive(("ready", made))
        case "supervisor":
            made = await Supervisor.start_link(
                [spec_of(to, each, (None,)) for each in child["children"]],
                strategy=child["strategy"],
                auto_shutdown=child["auto_shutdown"],
                **most,
            )
        case "dynamic":
            made = await DynamicSupervisor.start_link(
                max_children=child["max_children"], extra_arguments=("extra",), **most
            )
        case "partition":
            made = await PartitionSupervisor.start_link(
                spec_of(to, child["children"][0], (None,)),
                # Another name each time: one that is left behind may still have the last.
                name=f"partitions_{child['number']}_{to[1][child['number']]}",
                partitions=child["partitions"],
                strategy=child["strategy"],
                **most,
            )
    return made


async def live(supervisor: Pid[Any], traps: str) -> None:
    """Wait for the end."""
    trap_exit(traps != "no")
    send(supervisor, ("ready", self_pid()))
    while True:
        match await receive(("die", ...), Exit):
            case ("die", reason):
                raise ProcessExit(reason)
            case Exit(_, "shutdown") if traps == "deaf":
                pass
            case Exit(_, reason):
                raise ProcessExit(reason)


# --- what is done with a tree


class Player:
    """Does what a case says, and sees what comes of it."""

    def __init__(self) -> None:
        self.recorder = spawn(Recorder().serve)
        self.to = (self.recorder, Starts())
        self.parent = self.recorder  # until it starts

    async def play(self, case: dict[str, Any]) -> list[Any]:
        """Return what is seen."""
        self.parent = spawn(begin, self_pid(), self.to, case["root"])
        started = (await receive(("root", ...)))[1]
        trace = [("did", started), *await self.seen()]
        for operation in (*case["operations"], ("parent", "normal")):
            alive = await ask(self.recorder, "alive")
            if not alive:
                break
            result = await outcome(self.operate(alive, operation))
            trace += [("did", result), *await self.seen()]
        kill(self.recorder)
        kill(self.parent)
        return trace

    async def seen(self) -> list[Any]:
        """Return what has happened, and what the supervisors tell, when all is at rest."""
        found: list[Any] = await self.settle()
        events = await ask(self.recorder, "events")
        numbers = await ask(self.recorder, "numbers")
        for number, pid, kind in found:
            count = await CLASSES[kind].count_children(pid)
            counted = (count.specs, count.active, count.supervisors, count.workers)
            events.append(("rows", number, await rows(kind, pid, numbers), counted))
        return events  # type: ignore[no-any-return]

    async def settle(self) -> list[Any]:
        """Wait until all is at rest; return the supervisors that run.

        Whoever waits for a child with a time limit answers when that is over.
        """
        before = None
        while True:
            await settled()
            alive = await ask(self.recorder, "alive")
            found = [(number, pid, kind) for number, pid, kind, _ in alive if kind != "worker"]
            if alive == before:
                return found
            before = alive
            for _, pid, kind in found:
                await outcome(CLASSES[kind].count_children(pid))

    async def operate(self, alive: list[Runner], operation: tuple[Any, ...]) -> Any:
        """Do an operation."""
        match operation:
            case ("crash", place, most, reason):
                return await crash(alive, place, most, reason)
            case ("signal", place, reason):
                exit(alive[place % len(alive)][1], reason)
                return "ok"
            case ("parent", reason):
                send(self.parent, ("die", reason))
                return "ok"
        found = [each for each in alive if each[2] != "worker"]
        if not found:
            return "nobody"
        what, place, argument = operation
        _, pid, kind, _ = found[place % len(found)]
        if what == "stop":
            return await Supervisor.stop(pid, argument)
        if kind == "dynamic" and what in ("start", "terminate"):
            return await self.supervise_dynamic(pid, what, argument)
        return "none" if kind != "supervisor" else await self.supervise(pid, what, argument)

    async def supervise_dynamic(self, pid: Pid[Any], what: str, argument: Any) -> Any:
        """Ask a dynamic supervisor for something."""
        if what == "start":
            child = spec_of(self.to, argument, ())
            return started(await DynamicSupervisor.start_child(pid, child))
        children = [row.pid for row in await DynamicSupervisor.which_children(pid)]
        numbers = await ask(self.recorder, "numbers")
        running = sorted((child for child in children if child in numbers), key=numbers.__getitem__)
        child = running[argument] if argument < len(running) else self.recorder
        return await DynamicSupervisor.terminate_child(pid, child)

    async def supervise(self, pid: Pid[Any], what: str, argument: Any) -> Any:
        """Ask a supervisor for something."""
        if what == "start":
            spec = spec_of(self.to, argument, (None,))
            return started(await Supervisor.start_child(pid, spec))
        ids = sorted(row.id for row in await Supervisor.which_children(pid))
        id = ids[argument] if argument < len(ids) else "nobody"
        match what:
            case "terminate":
                return await Supervisor.terminate_child(pid, id)
            case "restart":
                return started(await Supervisor.restart_child(pid, id))
            case "delete":
                return await Supervisor.delete_child(pid, id)


async def begin(player: Pid[Any], to: Any, root: Child) -> None:
    """Be the parent of the tree."""
    trap_exit(True)
    send(player, ("root", await outcome(start(None, to, root))))
    raise ProcessExit((await receive(("die", ...)))[1])


async def crash(alive: list[Runner], place: int, most: int, reason: Any) -> int | str:
    """End a child, or two of one supervisor before that can look; return how many.

    Supervisors are only killed.
    """
    numbers = {number: pid for number, pid, _, _ in alive}
    may = [each for each in alive if each[3] in numbers]
    if reason != "kill":
        may = [each for each in may if each[2] == "worker"]
    if not may:
        return "nobody"
    first = may[place % len(may)]
    others = [each for each in may if each[3] == first[3] and each is not first]
    pids = [each[1] for each in (first, *others)][:most]
    supervisor = numbers[first[3]]
    await system.suspend(supervisor)
    for pid in pids:
        await end_child(pid, reason)
    await system.resume(supervisor)
    return len(pids)


async def rows(kind: str, pid: Pid[Any], numbers: dict[Pid[Any], int]) -> list[Any]:
    """Return what `which_children` shows, with the numbers of the starts."""
    found = []
    for row in await CLASSES[kind].which_children(pid):
        id = "undefined" if row.id is None else row.id
        state = numbers.get(row.pid, row.pid or "undefined")
        found.append((id, state, row.type))
    if kind == "dynamic":
        found.sort(key=lambda row: (isinstance(row[1], str), row[1], row[2]))
    return found


# --- in Elixir's words


async def outcome(waits: Any) -> Any:
    """Return the result of an operation."""
    try:
        made = await waits
    except AlreadyStarted:
        return "already_started"
    except ChildError as error:
        return "error", error.reason
    except ValueError:
        return "bad_combination"
    except (NoProcess, ServerExit):
        return "failed"
    except (StartError, RuntimeError) as error:
        return "error", plain(error)
    return "ok" if made is None or isinstance(made, Pid) else made


def started(made: Any) -> str:
    """Return what a start has given."""
    if made is None:
        return "ignored"
    return "ok" if isinstance(made, Pid) else "info"


def plain(reason: Any) -> Any:
    """Return a reason, with a word in place of an exception."""
    match reason:
        case StartError():
            return plain(reason.reason)
        case Exception():
            return "raised"
        case tuple():
            return tuple(map(plain, reason))
    return reason


async def play(_: int, case: dict[str, Any]) -> list[Any]:
    """Return what is seen when a case is played."""
    return await Player().play(case)
