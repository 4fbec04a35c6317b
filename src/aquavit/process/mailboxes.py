"""Bounded mailboxes: waiting for room, and the warning of long ones.

Elixir: none; mailboxes there are unbounded.
"""

from __future__ import annotations

from typing import Any

from aquavit.core import isolation, loops, overflow, requests
from aquavit.core.calls import send
from aquavit.core.exits import MailboxFull, brief

__all__ = ["send_wait", "set_mailbox_warning"]


async def send_wait(dest: Any, message: Any, timeout: float | None = None) -> Any:
    """Send `message` to `dest`; if its mailbox is full and says "wait", wait for room.

    Those who wait come in in their order. A receiver that dies meanwhile swallows the
    message, as it does with `send`.

    Args:
        dest: as for `send`.
        message: as for `send`.
        timeout: seconds, None for ever.

    Returns:
        The message as given.

    Raises:
        TimeoutError: there was no room in time; nothing was sent.
        NoProcess, TypeError: as `send`.
        TypeError, ValueError: `timeout` is no number, or negative.

    Example:
        >>> async def slow():
        ...     while True:
        ...         await receive()
        >>> async def main():
        ...     pid = spawn(slow, mailbox=Mailbox(1, "wait"))
        ...     for number in range(100):
        ...         await send_wait(pid, number)
        ...     return process_info(pid).message_count <= 1
        >>> run(main)
        True

    Elixir: none.
    """
    seconds = requests.check_timeout(timeout, "send_wait")
    try:
        return send(dest, message)
    except MailboxFull as full:
        receiver = full.pid.process
    own = isolation.isolate(message)
    if not await overflow.wait_for_room(receiver.runtime, receiver, own, seconds):
        raise TimeoutError(f"send_wait: no room for {brief(dest)} within {timeout} s")
    return message


def set_mailbox_warning(length: int | None) -> None:
    """Set the length of a mailbox that is warned of, for processes spawned from now on.

    The warning comes once for each process, with what it is doing.

    Args:
        length: messages, 1 or more; None for no warning. At first it is 100,000.

    Raises:
        TypeError, ValueError: `length` is wrong.
        NotInProcess: no event loop runs on this thread.

    Example:
        >>> async def main():
        ...     set_mailbox_warning(10_000)
        >>> run(main)

    Elixir: none; Erlang's system_monitor has `long_message_queue`.
    """
    if length is not None:
        if isinstance(length, bool) or not isinstance(length, int):
            raise TypeError(
                f"set_mailbox_warning: expected a number of messages or None, got {brief(length)}"
            )
        if not 1 <= length < overflow.NEVER:
            raise ValueError(
                f"set_mailbox_warning: expected 1 to {overflow.NEVER - 1:,} messages,"
                f" got {brief(length)}"
            )
    runtime = loops.runtime_here("set_mailbox_warning")
    runtime.long_mailbox = overflow.NEVER if length is None else length
