"""A chat server with rooms: a process for each client.

    aquavit run examples.chat.chat:Chat 7000            until you press Ctrl-C
    aquavit run examples.chat.chat:Chat 0 10            on a free port, for 10 clients

    chat              rest_for_one
      rooms           who is in which room
      connections     a child for each client
      listen          holds the socket, and starts these children

A line is said to the room. `/name ada`, `/join room`, `/who`, `/roll 6` and `/quit` are
commands. Clients are telnet, nc, and whatever else sends lines.
"""

import asyncio
import contextlib
import random

from aquavit import *


class Chat(Application):
    name = "chat"

    def init(self, port, clients="1000"):
        children = [
            PubSub.child_spec(name="rooms"),
            DynamicSupervisor.child_spec(name="connections", max_children=int(clients)),
            Task.child_spec(listen, int(port), restart="permanent"),
        ]
        return Supervisor.spec(children, strategy="rest_for_one")


async def listen(port):
    server = await asyncio.start_server(accept, "127.0.0.1", port)
    print("listening on port", server.sockets[0].getsockname()[1], flush=True)
    try:
        await sleep(None)
    finally:
        server.close()


async def accept(reader, writer):
    child = ChildSpec("client", (start_connection, reader, writer), restart="temporary")
    try:
        await DynamicSupervisor.start_child("connections", child)
    except (StartError, NoProcess, CallError):
        writer.write(b"no room for one more, come back later\r\n")
        writer.close()


def start_connection(reader, writer):
    return spawn_link(connection, reader, writer, mailbox=Mailbox(1000, "exit"))


async def connection(reader, writer):
    client = Client(self(), writer)
    spawn_link(read_lines, reader, self())
    try:
        await client.join("lobby")
        while True:
            match await receive():
                case ("line", reading, line):
                    await client.obey(line)
                    send(reading, "next")
                case ("said", text):
                    await client.write(text)
                case "end":
                    break
    except ConnectionError:
        pass  # nobody is there to be told
    finally:
        client.leave()
        await close(writer)


async def read_lines(reader, connection):
    with contextlib.suppress(ConnectionError):
        while line := await reader.readline():
            send(connection, ("line", self(), line.decode(errors="replace").strip()))
            await receive("next")
    send(connection, "end")


async def close(writer):
    writer.close()
    try:
        async with asyncio.timeout(1.0):  # for what is still to be sent
            await writer.wait_closed()
    except OSError:  # TimeoutError is one
        writer.transport.abort()


class Client:
    def __init__(self, pid, writer):
        self.pid, self.writer = pid, writer
        self.name, self.room = "somebody", None

    async def write(self, text):
        self.writer.write(text.encode() + b"\r\n")
        await self.writer.drain()

    async def obey(self, line):
        match line.split(maxsplit=1):
            case ["/name", name]:
                self.say(f"* {self.name} is {name} now")
                self.name = name
            case ["/join", room]:
                self.leave()
                await self.join(room)
            case ["/who"]:
                await self.write(f"* {len(Registry.lookup('rooms', self.room))} are here")
            case ["/roll", sides]:
                self.say(f"* {self.name} rolls {random.randint(1, int(sides))}")
            case ["/quit"]:
                raise ProcessExit("normal")
            case [_, *_]:
                self.say(f"{self.name}: {line}")

    def say(self, text):
        PubSub.broadcast_from("rooms", self.pid, self.room, ("said", text))

    async def join(self, room):
        PubSub.subscribe("rooms", room)
        self.room = room
        self.say(f"* {self.name} comes in")
        await self.write(f"* welcome to {room}")

    def leave(self):
        if self.room is not None:
            self.say(f"* {self.name} has left")
            PubSub.unsubscribe("rooms", self.room)
            self.room = None
