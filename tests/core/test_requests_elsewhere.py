"""Calls with wrong data, and from everywhere: tasks, handlers, threads, other loops."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import aiohttp
import aiohttp.web
import pytest

import aquavit
from aquavit import (
    NO_REPLY,
    CallTimeout,
    GenServer,
    NoProcess,
    NotInProcess,
    ServerExit,
    call,
    cast,
    receive,
    run,
    self,
    send,
    spawn,
)
from tests.served import Server, nothing_left
from tests.support import end, info, loop_factory, process_test, settled

# --- data


@process_test
async def test_a_request_that_cannot_be_copied_is_an_error_of_the_caller() -> None:
    server = await Server.start()
    generator = (number for number in ())
    for ask in (
        lambda: GenServer.call(server, generator),
        lambda: Server.add(server, generator),
        lambda: Server.add(server, 1, c=generator),
    ):
        with pytest.raises(TypeError, match="expected data that can be copied, got generator"):
            await ask()
    with pytest.raises(TypeError, match="expected data that can be copied"):
        GenServer.cast(server, generator)
    nothing_left(server)
    assert await Server.seen(server) == []
    await end(server)


@process_test
async def test_a_reply_that_cannot_be_copied_is_an_error_of_the_server() -> None:
    server = await Server.start()
    with pytest.raises(ServerExit) as failed:
        await GenServer.call(server, lambda from_: (number for number in ()))
    assert isinstance(failed.value.reason, TypeError)
    assert "expected data that can be copied, got generator" in str(failed.value.reason)


@process_test
async def test_requests_and_replies_are_copies() -> None:
    server = await Server.start()
    request = [[1]]
    reply = await GenServer.call(server, request)
    assert reply == request
    reply[0].append(2)
    request[0].append(3)
    assert await Server.seen(server) == [[[1]]]
    await end(server)


@process_test
async def test_wrong_arguments_are_an_error_of_the_caller() -> None:
    server = await Server.start()
    wrong: Any = Server.add
    for ask in (
        lambda: wrong(server),
        lambda: wrong(server, 1, 2, 3),
        lambda: wrong(server, 1, d=1),
        lambda: wrong(server, 1, a=1),
    ):
        with pytest.raises(TypeError, match=r"Server\.add: "):
            await ask()
    assert await Server.add(server, 1, 2, c=3) == 6
    assert await Server.add(server, a=1) == 1
    await end(server)


@pytest.mark.parametrize("server", [None, 5, 1.5, b"x", (), ("a",), ("a", 1), ["a"], object()])
def test_what_is_no_server(server: Any) -> None:
    @process_test
    async def check() -> None:
        for ask in (
            lambda: GenServer.call(server, "x"),
            lambda: Server.seen(server),
            lambda: GenServer.stop(server),
            lambda: aquavit.system.get_state(server),
        ):
            with pytest.raises(TypeError, match="expected a server"):
                await ask()
        with pytest.raises(TypeError, match="expected a server"):
            GenServer.cast(server, "x")
        with pytest.raises(TypeError, match="expected a server"):
            GenServer.whereis(server)

    check()


@pytest.mark.parametrize("from_", [None, 5, (), "x", object()])
def test_what_is_no_from(from_: Any) -> None:
    with pytest.raises(TypeError, match=r"reply: expected the from_ of a request"):
        GenServer.reply(from_, 1)


# --- tasks, threads, loops


def test_calls_from_adopted_tasks() -> None:
    async def main() -> None:
        server = await Server.start()

        async def ask(number: int) -> Any:
            return await GenServer.call(server, number)

        replies = await asyncio.gather(*(ask(number) for number in range(50)))
        assert replies == list(range(50))
        assert await asyncio.gather(*(GenServer.call(server, n) for n in range(5))) == [
            *range(5),
        ]
        task = asyncio.create_task(ask("hold"))  # type: ignore[arg-type]
        await settled()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        GenServer.cast(server, "late")
        assert await GenServer.call(server, "alive") == "alive"
        rare: Any = server.process.rare
        assert rare.asked is None
        with pytest.raises(CallTimeout):
            await GenServer.call(server, "hold", timeout=0.01)
        await GenServer.stop(server)

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(main())


def test_calls_from_an_http_handler() -> None:
    async def main() -> None:
        server = await Server.start()

        async def handle(request: aiohttp.web.Request) -> aiohttp.web.Response:
            number = int(request.query["n"])
            return aiohttp.web.Response(text=str(await Server.add(server, number, 1)))

        app = aiohttp.web.Application()
        app.router.add_get("/", handle)
        runner = aiohttp.web.AppRunner(app)
        await runner.setup()
        site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        async with aiohttp.ClientSession() as session:

            async def get(number: int) -> str:
                async with session.get(f"http://127.0.0.1:{port}/?n={number}") as response:
                    return await response.text()

            assert await asyncio.gather(*map(get, range(20))) == [str(n + 1) for n in range(20)]
        await runner.cleanup()
        await GenServer.stop(server)

    run(main, loop_factory=loop_factory())


@process_test
async def test_a_call_from_a_plain_thread_is_a_clear_error() -> None:
    server = await Server.start()

    def in_thread() -> str:
        try:
            asked: Any = GenServer.call(server, 1)
            getattr(asked, "__await__", lambda: asked)().send(None)
        except NotInProcess as error:
            return str(error)
        return "no error"

    said = await asyncio.to_thread(in_thread)
    assert "call: expected a current process, got thread" in said
    nothing_left(server)
    await end(server)


@process_test
async def test_a_reply_from_a_thread() -> None:
    server = await Server.start()

    def in_thread(from_: Any) -> Any:
        thread = threading.Thread(target=GenServer.reply, args=(from_, "from a thread"))
        thread.start()
        return NO_REPLY

    assert await GenServer.call(server, in_thread) == "from a thread"
    await end(server)


@process_test
async def test_casts_from_a_thread() -> None:
    main = self()

    class Adds(GenServer):
        def init(self) -> None:
            self.sum = 0

        @cast
        def add(self, amount: int) -> None:
            self.sum += amount

        @call
        def get(self) -> int:
            return self.sum

    server = await Adds.start()

    def in_thread() -> None:
        for _ in range(100):
            Adds.add(server, 1)

    await asyncio.gather(*(asyncio.to_thread(in_thread) for _ in range(3)))
    assert await Adds.get(server) == 300
    assert main == self()
    await end(server)


def test_a_server_of_another_event_loop() -> None:
    ready, done = threading.Event(), threading.Event()
    found: list[Any] = []

    def other() -> None:
        async def main() -> None:
            server = await Server.start()
            found.append(server)
            ready.set()
            await asyncio.to_thread(done.wait)
            found.append(await Server.seen(server))
            await GenServer.stop(server)

        run(main)

    thread = threading.Thread(target=other)
    thread.start()
    ready.wait()

    async def main() -> None:
        with pytest.raises(NotInProcess, match="expected a server on this event loop"):
            await GenServer.call(found[0], "x")
        GenServer.cast(found[0], "reply")
        assert info(self()).monitors == ()

    try:
        run(main, loop_factory=loop_factory())
    finally:
        done.set()
        thread.join()
    assert found[1] == []


def test_two_event_loops_each_with_its_servers() -> None:
    sums: list[int] = []

    def work() -> None:
        async def main() -> None:
            server = await Server.start(name="same name")
            sums.append(sum([await Server.add("same name", n) for n in range(500)]))
            await GenServer.stop(server)

        run(main)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sums == [124_750, 124_750]


@process_test
async def test_a_call_to_a_name_that_is_given_up_while_it_waits() -> None:
    server = await Server.start(name="fleeting")
    main = self()

    async def client() -> None:
        send(main, await GenServer.call("fleeting", "hold"))

    spawn(client)
    await settled()
    aquavit.unregister("fleeting")
    with pytest.raises(NoProcess):
        await GenServer.call("fleeting", "x")
    GenServer.cast(server, "still")
    assert await receive() == "still"
    await end(server)
