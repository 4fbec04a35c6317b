"""PubSub: messages to whoever has subscribed to a topic.

Elixir: Phoenix.PubSub.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aquavit.core import calls, tables
from aquavit.core.exits import MailboxFull, brief
from aquavit.core.ids import Pid
from aquavit.otp.child_spec import ChildSpec
from aquavit.otp.registry import Registry

__all__ = ["PubSub"]


class PubSub:
    """Topics, each with the processes that want its messages.

    A PubSub is a `Registry` of duplicate keys: a topic exists while somebody has
    subscribed to it, and a subscription goes when its process ends.

    Example:
        >>> async def main():
        ...     await PubSub.start_link(name="news")
        ...     PubSub.subscribe("news", "weather")
        ...     PubSub.broadcast("news", "weather", ("sun", 25))
        ...     return await receive()
        >>> run(main)
        ('sun', 25)

    Elixir: Phoenix.PubSub.
    """

    @staticmethod
    async def start_link(*, name: str, partitions: int = 1) -> Pid[Any]:
        """Start a PubSub, linked to the caller.

        Args:
            name: what the other functions know it by.
            partitions: how many processes look after the subscribers.

        Raises:
            AlreadyStarted: the name is taken.
            TypeError, ValueError: an argument is wrong.

        Elixir: Phoenix.PubSub.Supervisor.start_link/1.
        """
        return await Registry.start_link(keys="duplicate", name=name, partitions=partitions)

    @staticmethod
    def child_spec(**options: Any) -> ChildSpec:
        """Return how a supervisor starts a PubSub: `start_link(**options)`.

        Example:
            >>> PubSub.child_spec(name="news").id
            'news'

        Elixir: Phoenix.PubSub.child_spec/1.
        """
        return ChildSpec(
            options.get("name", "PubSub"),
            (PubSub.start_link,),
            type="supervisor",
            kwargs=tuple(options.items()),
        )

    @staticmethod
    def subscribe(pubsub: str, topic: str, metadata: Any = None) -> None:
        """Send the topic's messages to the current process, once for each subscription.

        Args:
            pubsub: its name.
            topic: any string.
            metadata: what `Registry.lookup(pubsub, topic)` shows beside the Pid.

        Raises:
            ValueError: there is no such PubSub.

        Elixir: Phoenix.PubSub.subscribe/3.
        """
        Registry.register(pubsub, _checked(topic), metadata)

    @staticmethod
    def unsubscribe(pubsub: str, topic: str) -> None:
        """End all subscriptions of the current process to a topic.

        Elixir: Phoenix.PubSub.unsubscribe/2.
        """
        Registry.unregister(pubsub, _checked(topic))

    @staticmethod
    def broadcast(pubsub: str, topic: str, message: Any) -> None:
        """Send `message` to all who have subscribed to the topic, the caller too.

        Args:
            pubsub: its name.
            topic: the topic.
            message: any data; each receiver gets its own copy.

        Raises:
            MailboxFull: the mailbox of a subscriber is full, and would have the sender wait;
                all others have got the message.
            ValueError: there is no such PubSub.

        Elixir: Phoenix.PubSub.broadcast/4.
        """
        _send_all(tables.lookup(pubsub, _checked(topic)), None, message)

    @staticmethod
    def broadcast_from(pubsub: str, sender: Pid[Any], topic: str, message: Any) -> None:
        """Send `message` to all who have subscribed to the topic but `sender`.

        Args:
            pubsub: its name.
            sender: the process that is left out, usually `self()`.
            topic: the topic.
            message: any data; each receiver gets its own copy.

        Raises:
            MailboxFull, ValueError: as `broadcast`.
            TypeError: `sender` is no Pid.

        Example:
            >>> async def main():
            ...     await PubSub.start_link(name="news")
            ...     PubSub.subscribe("news", "weather")
            ...     PubSub.broadcast_from("news", self(), "weather", "rain")
            ...     return await receive(timeout=0, default="nothing")
            >>> run(main)
            'nothing'

        Elixir: Phoenix.PubSub.broadcast_from/5.
        """
        if type(sender) is not Pid:
            raise TypeError(f"broadcast_from: expected a Pid as sender, got {brief(sender)}")
        _send_all(tables.lookup(pubsub, _checked(topic)), sender, message)


def _send_all(entries: Iterable[tuple[Pid[Any], Any]], but: Pid[Any] | None, message: Any) -> None:
    """Send `message` to the owners of the entries; one that is full holds up no other."""
    full = None
    for pid, _ in entries:
        if pid != but:
            try:
                calls.send(pid, message)
            except MailboxFull as problem:
                full = full or problem
    if full is not None:
        raise full


def _checked(topic: Any) -> Any:
    if not isinstance(topic, str):
        raise TypeError(f"PubSub: expected a topic (str), got {brief(topic)}")
    return topic
