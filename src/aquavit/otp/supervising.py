"""What all supervisors share: a server that looks after children.

What a supervisor does with its children is its `_supervision`, which serves requests
and is told of ends.

Erlang: the callbacks of supervisor.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import CoroutineType
from typing import Any

from aquavit.core import requests
from aquavit.core.exits import NoProcess, ServerExit, brief
from aquavit.core.ids import Pid
from aquavit.core.signals import Exit
from aquavit.otp import supervisor_reports
from aquavit.otp.children import Attempt, ChildCount, ChildInfo, now
from aquavit.otp.gen_server import GenServer
from aquavit.otp.methods import Server
from aquavit.otp.results import IGNORE, NO_REPLY, Stop
from aquavit.process import self as self_pid
from aquavit.process import trap_exit, unlink

__all__ = ["Supervising", "ask"]


async def ask(supervisor: Server, request: Any) -> Any:
    """Ask a supervisor, for as long as it takes; what it refuses is raised here.

    Raises:
        TypeError: it is another server.
    """
    reply = await requests.call(supervisor, request, None)
    match reply:
        case ("ok", value):
            return value
        case ("error", Exception() as error):
            raise error
    what = request if isinstance(request, str) else request[0]
    raise TypeError(
        f"{what}: expected a supervisor, got {brief(supervisor)}, which replies {brief(reply)}"
    )


class Supervising(GenServer):
    """A server that looks after children.

    Elixir: the Supervisor behaviour.
    """

    __slots__ = ("_supervision",)

    _supervision: Any

    @staticmethod
    async def which_children(supervisor: Server) -> list[ChildInfo]:
        """Return a row for each child, the last started first.

        Args:
            supervisor: a Pid, a name, `(name, node)` or a Via.

        Raises:
            NoProcess, ServerExit: the supervisor is not alive.

        Example:
            >>> async def main():
            ...     sup = await Supervisor.start_link([Supervisor.child_spec([], id="inner")])
            ...     return [(row.id, row.type) for row in await Supervisor.which_children(sup)]
            >>> run(main)
            [('inner', 'supervisor')]

        Elixir: Supervisor.which_children/1.
        """
        return await ask(supervisor, "which_children")  # type: ignore[no-any-return]

    @staticmethod
    async def count_children(supervisor: Server) -> ChildCount:
        """Count the children.

        Args:
            supervisor: a Pid, a name, `(name, node)` or a Via.

        Raises:
            NoProcess, ServerExit: the supervisor is not alive.

        Example:
            >>> async def main():
            ...     return await Supervisor.count_children(await Supervisor.start_link([]))
            >>> run(main)
            ChildCount(specs=0, active=0, supervisors=0, workers=0)

        Elixir: Supervisor.count_children/1.
        """
        return await ask(supervisor, "count_children")  # type: ignore[no-any-return]

    @classmethod
    @asynccontextmanager
    async def running(cls, *args: Any, **kwargs: Any) -> AsyncIterator[Pid[Any]]:
        """Run a supervisor for the length of an `async with`.

        It is linked to the caller, a process or an asyncio task, and stopped in order when
        the block ends, however that ends.

        Args:
            args, kwargs: for `start_link`.

        Example:
            >>> class Sleeper(GenServer):
            ...     def init(self): ...
            >>> async def main():
            ...     async with Supervisor.running([Sleeper]) as sup:
            ...         return (await Supervisor.count_children(sup)).active
            >>> run(main)
            1

        Elixir: none; ExUnit's start_supervised/2 is like it.
        """
        supervisor = await cls.start_link(*args, **kwargs)
        try:
            yield supervisor
        finally:
            unlink(supervisor)
            # If it has ended by itself, the link has told the caller.
            with suppress(NoProcess, ServerExit):
                await GenServer.stop(supervisor, "shutdown")

    # --- the supervisor's side

    @staticmethod
    def _supervise(spec: Any, shown: str) -> Any:
        """Return what looks after the children of `spec`, None if it is no spec."""
        raise NotImplementedError

    async def _set_up(self, *args: Any, **kwargs: Any) -> Any:
        trap_exit(True)
        spec = self.init(*args, **kwargs)
        if type(spec) is CoroutineType:
            spec = await spec
        if spec is IGNORE or type(spec) is Stop:
            return spec
        shown = supervisor_reports.shown(type(self), self._loop.name, self_pid())
        supervision = self._supervise(spec, shown)
        if supervision is None:
            return Stop(("bad_return", (type(self).__qualname__, "init", spec)))
        self._supervision = supervision
        failed = await supervision.start_all()
        if failed is None:
            return None
        return Stop(("shutdown", ("failed_to_start_child", failed.child.spec.id, failed.reason)))

    async def handle_call(self, request: Any, from_: Any) -> Any:
        """Serve the functions of a supervisor; what they refuse is raised in the caller."""
        try:
            made = self._supervision.serve(request)
            if type(made) is CoroutineType:
                made = await made
            # Here, and not by returning it: what cannot be copied is refused as well.
            self._loop.reply(from_, ("ok", made))
        except Exception as error:
            self._loop.reply(from_, ("error", error))
        return NO_REPLY

    def handle_cast(self, request: Any) -> None:
        """Log what nobody should have sent."""
        supervisor_reports.report_unexpected(request)

    async def handle_info(self, message: Any) -> Any:
        """Look after a child that has ended."""
        if type(message) is Exit:
            goes_on = await self._supervision.ended(message.pid, message.reason)
        elif type(message) is Attempt:
            goes_on = await self._supervision.attempt(message)
        else:
            supervisor_reports.report_unexpected(message)
            return None
        return None if goes_on else Stop("shutdown")

    async def terminate(self, reason: Any) -> None:
        """Stop the children."""
        await self._supervision.stop_all()

    def _health(self) -> Any:
        """Return (recent restarts, how many may be, rows of the children)."""
        supervision = self._supervision
        intensity = supervision.intensity
        rows = [
            (id, child.pid, child.spec.type, child.restarts)
            for id, child in supervision.children.items()
        ]
        return intensity.within(now()), intensity.max_restarts, rows

    def get_state(self) -> Any:
        """Return the options and the rows of the children, as a dict."""
        supervision = self._supervision
        return {**supervision.options(), "children": supervision.rows()}

    def format_status(self, reason: str, state: Any) -> Any:
        """Return the options, and how many children there are."""
        return {**state, "children": len(state["children"])} if reason == "terminate" else state

    def set_state(self, state: Any) -> None:
        """Refuse: children are changed by the functions of the supervisor.

        Raises:
            TypeError: always.
        """
        raise TypeError(
            "replace_state: a supervisor's state cannot be replaced\nchildren are changed by"
            " start_child, terminate_child and delete_child"
        )
