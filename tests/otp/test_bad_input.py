"""Wrong arguments to behaviours: each error says where, what was expected, and what it got."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import pytest

import aquavit
from aquavit import (
    Application,
    ChildSpec,
    EventTimeout,
    GenericTimeout,
    GenServer,
    GenStateMachine,
    NextState,
    NoProcess,
    PubSub,
    StartError,
    StateTimeout,
    Supervisor,
    Task,
    Timeout,
    Via,
    call,
    cast,
    health,
    send,
    sleep,
    state,
    system,
)
from aquavit.core.names import Address
from tests.support import process_test


class Kv(GenServer):
    """A server with one method of each kind."""

    def init(self, value: int = 0) -> None:
        """Hold a value."""
        self.value = value

    @call
    def get(self, key: str) -> int:
        """Return the value."""
        return self.value

    @cast
    def put(self, key: str, value: int) -> None:
        """Take a value."""


class Odd(Address):
    """Leads to no process."""

    def whereis(self) -> Any:
        """Return what is no Pid."""
        return "nowhere"


class Replies(GenServer):
    """Is no supervisor."""

    def handle_call(self, request: Any, from_: Any) -> Any:
        """Return what comes."""
        return request


#: The same, for what type checkers would refuse.
KV: Any = Kv
av: Any = aquavit
SPEC = Kv.child_spec(id="a")
OTHER = Kv.child_spec(id="b")


async def as_tree(*children: Any, **options: Any) -> Any:
    """Start a supervisor of these children."""
    return await Supervisor.start_link(list(children), **options)


async def child_spec(**fields: Any) -> Any:
    """Make a spec with these fields."""
    return ChildSpec("c", (Kv.start_link,), **fields)


async def outcome_of(act: Callable[[], Any]) -> Any:
    """Do it, and await it if it can be."""
    made = act()
    return await made if inspect.isawaitable(made) else made


#: (what is done, the error, its first line or the beginning of it)
TABLE: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    # --- servers
    "no server": (lambda: GenServer.call(KV, 1), TypeError, "call: expected a server (Pid, name,"),
    "cast to none": (lambda: GenServer.cast(5, 1), TypeError, "cast: expected a server (Pid,"),
    "whereis none": (lambda: GenServer.whereis(KV), TypeError, "whereis: expected a server (Pid,"),
    "method, none": (lambda: KV.get(), TypeError, "Kv.get: expected the server as first argument"),
    "method, short": (lambda: KV.get("s"), TypeError, "Kv.get: missing a required argument: 'key'"),
    "cast, short": (lambda: KV.put("s", 1), TypeError, "Kv.put: missing a required argument: 'va"),
    "method, late": (
        lambda: KV.get("s", "k", timeout=1.0),
        TypeError,
        "Kv.get: got an unexpected keyword argument 'timeout'\n"
        "a time for one call is given by Kv.get.within(1.0)(server, ...)",
    ),
    "within": (lambda: KV.get.within("x"), TypeError, "get: expected a timeout in seconds or None"),
    "@call": (lambda: av.call(5), TypeError, "@call: expected a method, got 5"),
    "@state": (lambda: av.state(5), TypeError, "@state: expected a method, got 5"),
    "as in Elixir": (
        lambda: GenServer.start_link(Kv, 5),
        TypeError,
        "GenServer takes no arguments: it does not define init\nwrite Kv.start_link(...)",
    ),
    "reply": (lambda: GenServer.reply(5, 1), TypeError, "reply: expected the from_ of a request"),
    "timeout": (lambda: GenServer.call("x", 1, "1"), TypeError, "call: expected a timeout in sec"),
    "stop nobody": (
        lambda: GenServer.stop("nobody"),
        NoProcess,
        "no process: 'nobody' is not alive or not registered, call of terminate('normal')",
    ),
    "system": (
        lambda: system.get_state("nobody"),
        NoProcess,
        "no process: 'nobody' is not alive or not registered, call of get_state()",
    ),
    # --- supervisors
    "children": (
        lambda: av.Supervisor.spec(5),
        TypeError,
        "supervisor: expected a list of children",
    ),
    "one child": (
        lambda: av.Supervisor.spec(SPEC),
        TypeError,
        "supervisor: expected a list of childr",
    ),
    "a dict": (
        lambda: Supervisor.spec({"id": 1}),
        TypeError,
        "supervisor: expected a list of chil",
    ),
    "no child": (
        lambda: Supervisor.spec([SPEC, OTHER, 3]),
        TypeError,
        "supervisor: children[2]: expected a child: a ChildSpec, a behaviour or (behaviour, *args)",
    ),
    "in a tuple": (
        lambda: Supervisor.spec([SPEC, (len, 1)]),
        TypeError,
        "supervisor: children[1]: expected a child: ",
    ),
    "twice": (
        lambda: Supervisor.spec([SPEC, OTHER, SPEC]),
        ValueError,
        "supervisor: expected distinct ids of children, got children[2].id='a' twice\n"
        "give each an id of its own: child_spec(..., id=...)",
    ),
    "significant": (
        lambda: Supervisor.spec([OTHER, SPEC.replace(significant=True, restart="transient")]),
        ValueError,
        "supervisor: children[1].significant: True needs auto_shutdown='any_significant' or ",
    ),
    "permanent": (
        lambda: Supervisor.spec([SPEC.replace(significant=True)], auto_shutdown="any_significant"),
        ValueError,
        "supervisor: children[0].significant: True needs restart='transient' or 'temporary', got",
    ),
    "restart": (
        lambda: child_spec(restart="often"),
        ValueError,
        "ChildSpec 'c': expected restart to be one of ('permanent', 'transient', 'temporary')",
    ),
    "shutdown": (
        lambda: child_spec(shutdown=-1.0),
        ValueError,
        "ChildSpec 'c': expected shutdown ",
    ),
    "no float": (
        lambda: child_spec(shutdown=10**400),
        ValueError,
        "ChildSpec 'c': expected shutdown in seconds, None or 'brutal_kill', got 1000",
    ),
    "nan": (lambda: child_spec(shutdown=float("nan")), ValueError, "ChildSpec 'c': expected shutd"),
    "type": (lambda: child_spec(type="boss"), ValueError, "ChildSpec 'c': expected type to be one"),
    "field": (
        lambda: SPEC.replace(colour="red"),
        TypeError,
        "ChildSpec.__new__() got an unexpected",
    ),
    "replace": (
        lambda: SPEC.replace(restart=1),
        ValueError,
        "ChildSpec 'a': expected restart to b",
    ),
    "start": (
        lambda: ChildSpec("c", ()),
        TypeError,
        "ChildSpec 'c': expected start=(fn, *args), g",
    ),
    "kwargs": (lambda: child_spec(kwargs=5), TypeError, "ChildSpec 'c': expected kwargs={name: v"),
    "no pairs": (
        lambda: Kv.child_spec(name="kv", kwargs=("value",)),
        TypeError,
        "ChildSpec 'Kv': expected kwargs={name: value}, got ('value',)",
    ),
    "no names": (
        lambda: child_spec(kwargs={1: 2}),
        TypeError,
        "ChildSpec 'c': expected kwargs={name: value}, got {1: 2}",
    ),
    "backoff": (
        lambda: child_spec(backoff=1),
        TypeError,
        "ChildSpec 'c': expected backoff=Backoff",
    ),
    "first": (
        lambda: av.Backoff(first="x"),
        TypeError,
        "Backoff: expected first to be a number, got",
    ),
    "jitter": (
        lambda: av.Backoff(jitter=None),
        TypeError,
        "Backoff: expected jitter to be a number,",
    ),
    "arguments": (
        lambda: av.PartitionSupervisor.start_link(Kv, name="p", with_arguments=5),
        TypeError,
        "PartitionSupervisor: expected with_arguments to be a function, got 5",
    ),
    "their result": (
        lambda: av.PartitionSupervisor.start_link(Kv, name="p", with_arguments=lambda a, n: 5),
        TypeError,
        "PartitionSupervisor: expected with_arguments to give a tuple of arguments, got 5",
    ),
    "terminate": (
        lambda: av.Supervisor.terminate_child("sup", [1]),
        TypeError,
        "terminate_child: expected the id of a child, got [1]",
    ),
    "restart_child": (
        lambda: av.Supervisor.restart_child("sup", [1]),
        TypeError,
        "restart_child: expected the id of a child, got [1]",
    ),
    "delete_child": (
        lambda: av.Supervisor.delete_child("sup", [1]),
        TypeError,
        "delete_child: expected the id of a child, got [1]",
    ),
    "no Pid": (
        lambda: av.DynamicSupervisor.terminate_child("sup", [1]),
        TypeError,
        "terminate_child: expected the Pid of a child, got [1]",
    ),
    "health": (
        lambda: av.health(5),
        TypeError,
        "health: expected a server (Pid, name, (name, node)",
    ),
    # --- tasks and the rest
    "await_many": (lambda: av.Task.await_many(5), TypeError, "await_many: expected tasks, got 5"),
    "await no task": (
        lambda: av.Task.await_many([5]),
        TypeError,
        "await_many: expected tasks, got [5]",
    ),
    "yield_many": (
        lambda: av.Task.yield_many([5]),
        TypeError,
        "yield_many: expected tasks, got [5]",
    ),
    "async_": (lambda: av.Task.async_(5), TypeError, "Task.async_: expected a function, got 5"),
    "agent": (lambda: av.Agent.get("a", 5), TypeError, "Agent.get: expected a function, got 5"),
    "registry": (
        lambda: av.Registry.lookup(5, 1),
        TypeError,
        "expected the name of a registry (str)",
    ),
    "init by name": (
        lambda: Kv.child_spec(value=5),
        TypeError,
        "Kv.child_spec: expected fields of ChildSpec, got value=\n"
        "an argument for init that has a name is given as kwargs={'value': ...}",
    ),
    "first state": (
        lambda: av.Agent.start_link({}),
        TypeError,
        "Agent.start: expected a function, got {}\npass a function that returns the first state",
    ),
    "via": (lambda: GenServer.call(Via("nope", 1), 1), ValueError, "unknown registry: 'nope'"),
    "pubsub": (
        lambda: PubSub.subscribe("nope", "t"),
        ValueError,
        "unknown registry: 'nope'\nstart one: Registry.child_spec(keys=..., name='nope')",
    ),
    "listeners": (
        lambda: av.Registry.start_link(keys="unique", name="r", listeners=5),
        TypeError,
        "Registry: expected names (str) as listeners, got 5",
    ),
    "meta": (
        lambda: av.Registry.start_link(keys="unique", name="r", meta=5),
        TypeError,
        "Registry: expected meta={key: value} or None, got 5",
    ),
    "values": (
        lambda: av.Registry.values("r", 1, 5),
        TypeError,
        "Registry: expected a Pid, got 5",
    ),
    "update": (
        lambda: av.Registry.update_value("r", 1, 5),
        TypeError,
        "Registry.update_value: expected a function, got 5",
    ),
    "dispatch": (
        lambda: av.Registry.dispatch("r", 1, 5),
        TypeError,
        "Registry.dispatch: expected a function, got 5",
    ),
    "address": (
        lambda: send(Odd(), 1),
        TypeError,
        "Odd.whereis: expected to give a Pid or None, got 'nowhere'",
    ),
    "nodes": (
        lambda: av.GenServer.multi_call(5, "kv", 1),
        TypeError,
        "multi_call: expected names of nodes, as [node()], got 5",
    ),
    "application": (
        lambda: av.Application.start(5),
        TypeError,
        "expected an application (a class o",
    ),
    "all started": (
        lambda: av.Application.ensure_all_started(5),
        TypeError,
        "ensure_all_started: expected an application (a class or a name), or several",
    ),
    "settings": (
        lambda: av.Application.put_all_env(5),
        TypeError,
        "put_all_env: expected {application: {key: value}}, got 5",
    ),
    "pairs": (
        lambda: av.Application.put_all_env({"shop": 5}),
        TypeError,
        "put_all_env: expected {application: {key: value}}, got {'shop': 5}",
    ),
}


@pytest.mark.parametrize("what", TABLE)
@process_test
async def test_a_wrong_argument_is_refused_in_words(what: str) -> None:
    act, kind, text = TABLE[what]
    with pytest.raises(kind) as caught:
        await outcome_of(act)
    assert str(caught.value).startswith(text)


#: Where the user writes a time: (what names it in the error, what takes it).
TIMES: list[tuple[str, Callable[[Any], Any]]] = [
    ("Timeout", Timeout),
    ("StateTimeout.after", StateTimeout.after),
    ("EventTimeout.after", EventTimeout.after),
    ("GenericTimeout.after", lambda time: GenericTimeout.after("g", time)),
    ("call", lambda time: GenServer.call(aquavit.self(), 1, timeout=time)),
    ("start", lambda time: Kv.start(timeout=time)),
    ("get", Kv.get.within),
    ("stream", lambda time: Task.stream(abs, [1], timeout=time)),
    ("send_wait", lambda time: aquavit.send_wait(aquavit.self(), 1, timeout=time)),
]


@pytest.mark.parametrize(
    ("time", "kind", "text"),
    [
        ("1", TypeError, "expected a timeout in seconds or None, got '1'"),
        (True, TypeError, "expected a timeout in seconds or None, got True"),
        (-1, ValueError, "expected a timeout of 0 seconds or more, got -1"),
        (float("nan"), ValueError, "expected a timeout of 0 seconds or more, got nan"),
        (10**400, ValueError, "expected a timeout of some years at most, got more"),
    ],
    ids=["str", "bool", "negative", "nan", "beyond all floats"],
)
@process_test
async def test_what_is_no_time_is_refused_where_it_is_written(
    time: Any, kind: type[Exception], text: str
) -> None:
    for where, act in TIMES:
        with pytest.raises(kind) as caught:
            await outcome_of(lambda act=act: act(time))
        assert str(caught.value) == f"{where}: {text}"


@process_test
async def test_the_state_that_replaces_must_be_one() -> None:
    kv = await Kv.start()
    with pytest.raises(TypeError, match="replace_state: expected a dict of attributes, got 5"):
        await system.replace_state(kv, lambda state: 5)
    assert await system.get_state(kv) == {"value": 0}
    await GenServer.stop(kv)


@process_test
async def test_a_child_that_is_there_is_named_by_its_id() -> None:
    supervisor = await as_tree(SPEC)
    with pytest.raises(StartError, match=r"^could not start Kv: #PID<.*> is child 'a' already$"):
        await Supervisor.start_child(supervisor, SPEC)
    await Supervisor.stop(supervisor)


@process_test
async def test_an_application_that_runs_is_named_by_its_name() -> None:
    class Shop(Application):
        name = "shop of the test"

    await Application.start(Shop)
    with pytest.raises(StartError, match="the application 'shop of the test' runs already"):
        await Application.start(Shop)
    await Application.stop(Shop)


@process_test
async def test_a_stream_in_an_error_says_what_it_runs() -> None:
    with pytest.raises(TimeoutError, match=r"^stream of sleep gave no result within 0.001 s"):
        async for _ in Task.stream(sleep, [None], timeout=0.001):
            pass


@process_test
async def test_a_state_without_a_callback_names_those_that_there_are() -> None:
    class Door(GenStateMachine):
        def init(self) -> Any:
            return NextState("ajar")

        @state
        def open(self, event: Any) -> None: ...

    with pytest.raises(ValueError, match=r"expected one of its states \('open'\), got 'ajar'"):
        await Door.start()


@process_test
async def test_the_health_of_what_is_no_supervisor_says_so() -> None:
    kv = await Kv.start()
    assert (await health(kv)).type == "worker"
    await GenServer.stop(kv)


@process_test
async def test_a_server_that_is_no_supervisor_is_named() -> None:
    server = await Replies.start()
    for ask, what, reply in (
        (lambda: Supervisor.which_children(server), "which_children", "'which_children'"),
        (
            lambda: Supervisor.terminate_child(server, 1),
            "terminate_child",
            r"\('terminate_child', 1\)",
        ),
    ):
        words = f"^{what}: expected a supervisor, got {server!r}, which replies {reply}$"
        with pytest.raises(TypeError, match=words):
            await ask()
    await GenServer.stop(server)


@process_test
async def test_methods_seen_from_the_class_show_their_names() -> None:
    assert repr(Kv.get) == "<@call Kv.get>"
    assert repr(Kv.put) == "<@cast Kv.put>"


@process_test
async def test_a_server_whose_start_was_not_awaited_says_so() -> None:
    starting: Any = Kv.start_link()
    with pytest.raises(TypeError, match=r"GenServer.start_link.*\nawait the start of the server"):
        Kv.put(starting, "key", 1)
    starting.close()


@process_test
async def test_a_task_that_asyncio_awaits_says_what_waits_for_several() -> None:
    tasks = [Task.async_(len, word) for word in ("a", "word")]
    with pytest.raises(ValueError, match=r"Task\.await_many; asyncio\.gather"):
        await asyncio.gather(*tasks)
    assert await Task.await_many(tasks) == [1, 4]
