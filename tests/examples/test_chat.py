"""The chat server: real clients, and what becomes of the others when one misbehaves."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tools.command import COMMAND, ROOT, environment

PAGE = ROOT / "docs" / "guide" / "sockets.md"
#: What the two clients of the page see, each line with who sees it or types it.
SESSION = """\
ada> * welcome to lobby
ada> /name ada
bob> * welcome to lobby
ada> * somebody comes in
bob> /name bob
ada> * somebody is bob now
bob> hello, everybody
ada> bob: hello, everybody
ada> /join attic
bob> * ada has left
ada> * welcome to attic
bob> /roll six
ada> /join lobby
ada> * welcome to lobby
ada> /who
ada> * 1 are here
ada> /quit
"""


class Client:
    """A connection of one user to the chat."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.file = self.socket.makefile("rwb")

    def type(self, line: str) -> None:
        """Send a line."""
        self.file.write(line.encode() + b"\n")
        self.file.flush()

    def see(self) -> str:
        """Return the next line, "" at the end."""
        return self.file.readline().decode().rstrip("\r\n")

    def vanish(self) -> None:
        """Break the connection off, as a machine does that crashes."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(OSError):
            self.file.close()
        self.socket.close()


class Server:
    """The chat server in an OS process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.port = int(process.stdout.readline().removeprefix("listening on port "))
        self.clients: list[Client] = []

    def client(self) -> Client:
        """Return a new client that has been welcomed."""
        client = self.guest()
        assert client.see() == "* welcome to lobby"
        return client

    def guest(self) -> Client:
        """Return a new client that has seen nothing yet."""
        self.clients.append(Client(self.port))
        return self.clients[-1]


@contextlib.contextmanager
def chat(errors: Path, clients: int = 1000) -> Iterator[Server]:
    """Run the server on a free port; what it reports goes to the file `errors`."""
    command = [*COMMAND, "run", "examples.chat.chat:Chat", "0", str(clients)]
    options: dict[str, Any] = {"stdout": subprocess.PIPE, "text": True}
    with (
        errors.open("w") as file,
        subprocess.Popen(command, cwd=ROOT, env=environment(), stderr=file, **options) as process,
    ):
        server = Server(process)
        try:
            yield server
        finally:
            for client in server.clients:
                client.close()
            process.kill()


def test_the_session_of_the_page_goes_as_it_is_shown(tmp_path: Path) -> None:
    assert f"```text\n{SESSION}```" in PAGE.read_text(encoding="utf-8")
    with chat(tmp_path / "errors") as server:
        clients: dict[str, Client] = {}
        for name, line in re.findall(r"^(\w+)> (.*)$", SESSION, re.MULTILINE):
            client = clients.get(name) or clients.setdefault(name, server.guest())
            if line.startswith("* ") or ": " in line:
                assert client.see() == line
            else:
                client.type(line)
            if line == "/roll six":
                assert client.see() == "", "the one who has made it crash is out"
        assert clients["ada"].see() == ""


def test_a_crash_ends_one_connection_and_is_reported(tmp_path: Path) -> None:
    with chat(tmp_path / "errors") as server:
        ada, bob = server.client(), server.client()
        assert ada.see() == "* somebody comes in"
        bob.type("/roll six")
        assert bob.see() == ""
        assert ada.see() == "* somebody has left"
        ada.type("/who")
        assert ada.see() == "* 1 are here"
    said = (tmp_path / "errors").read_text(encoding="utf-8")
    assert "** (ValueError) invalid literal for int() with base 10: 'six'" in said


def test_a_client_that_vanishes_has_left_and_is_no_error(tmp_path: Path) -> None:
    with chat(tmp_path / "errors") as server:
        ada, bob = server.client(), server.client()
        assert ada.see() == "* somebody comes in"
        bob.vanish()
        assert ada.see() == "* somebody has left"
    assert (tmp_path / "errors").read_text(encoding="utf-8") == ""


def test_what_a_client_has_said_before_it_closes_is_heard(tmp_path: Path) -> None:
    with chat(tmp_path / "errors") as server:
        ada, bob = server.client(), server.client()
        for line in ("one", "two", "three"):
            bob.type(line)
        bob.socket.shutdown(socket.SHUT_WR)
        heard = [ada.see() for _ in range(5)]
    said = [f"somebody: {line}" for line in ("one", "two", "three")]
    assert heard == ["* somebody comes in", *said, "* somebody has left"]


def test_a_client_too_many_is_told(tmp_path: Path) -> None:
    with chat(tmp_path / "errors", clients=1) as server:
        server.client()
        late = server.guest()
        assert late.see() == "no room for one more, come back later"
        assert late.see() == ""


@pytest.mark.slow
def test_a_client_that_does_not_read_is_ended_and_holds_up_nobody(tmp_path: Path) -> None:
    with chat(tmp_path / "errors") as server:
        ada, _slow = server.client(), server.client()
        assert ada.see() == "* somebody comes in"
        for _ in range(30_000):
            ada.type("x" * 1000)
        assert ada.see() == "* somebody has left"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_at_the_end_of_the_program_clients_see_the_end(tmp_path: Path) -> None:
    with chat(tmp_path / "errors") as server:
        ada = server.client()
        server.process.terminate()
        assert ada.see() == ""
        assert server.process.wait(timeout=10) == 0
    assert (tmp_path / "errors").read_text(encoding="utf-8") == ""
