"""A server for tests of calls, and the check that none of them is left."""

from __future__ import annotations

from typing import Any

from aquavit import (
    NO_REPLY,
    GenServer,
    Pid,
    call,
    is_alive,
    self,
)
from tests.support import info

__all__ = ["Server", "nothing_left"]


class Server(GenServer):
    """Holds requests back, replies when told to, and counts what it has served."""

    def init(self) -> None:
        """Begin."""
        self.held: list[Any] = []
        self.served: list[Any] = []

    async def handle_call(self, request: Any, from_: Any) -> Any:
        """Serve one request."""
        self.served.append(request)
        if callable(request):
            made = request(from_)
            return await made if hasattr(made, "__await__") else made
        if request == "hold":
            self.held.append(from_)
            return NO_REPLY
        return request

    def handle_cast(self, request: Any) -> None:
        """Reply to all that were held."""
        for from_ in self.held:
            GenServer.reply(from_, request)
        self.held.clear()

    @call
    def seen(self) -> list[Any]:
        """Return what has been served."""
        return self.served

    @call
    def add(self, a: int, b: int = 0, *, c: int = 0) -> int:
        """Add."""
        return a + b + c


def nothing_left(server: Pid[Any], *clients: Pid[Any]) -> None:
    """Assert that no request binds these processes any more."""
    rare: Any = server.process.rare
    assert rare is None or rare.asked is None
    assert info(server).monitored_by == ()
    for client in (self(), *clients):
        if is_alive(client):
            found: Any = client.process.rare
            assert found is None or found.asking is None
            assert info(client).monitors == ()
            assert info(client).messages == ()
