"""PubSub, beside what test_registry says of the registry it stands on."""

from __future__ import annotations

from typing import Any

import pytest

from aquavit import (
    GenServer,
    Mailbox,
    MailboxFull,
    Pid,
    PubSub,
    process_info,
    receive,
    self,
    send,
    sleep,
    spawn,
    whereis,
)
from tests.support import died, end, process_test


@process_test
async def test_subscribers_get_their_own_copies() -> None:
    await PubSub.start_link(name="news", partitions=2)
    me = self()

    async def subscriber() -> None:
        PubSub.subscribe("news", "topic", {"who": "other"})
        send(me, "subscribed")
        message = await receive()
        message.append("changed")
        send(me, ("got", message))

    other = spawn(subscriber)
    await receive("subscribed")
    PubSub.subscribe("news", "topic")
    PubSub.subscribe("news", "elsewhere")
    PubSub.broadcast("news", "topic", ["text"])
    PubSub.broadcast("news", "nobody's", ["text"])
    assert await receive(("got", ...), timeout=5.0) == ("got", ["text", "changed"])
    assert await receive(timeout=0) == ["text"]
    await died(other)
    PubSub.subscribe("news", "topic")
    PubSub.broadcast("news", "topic", "twice")
    assert [await receive(timeout=0), await receive(timeout=0)] == ["twice", "twice"]
    PubSub.broadcast_from("news", self(), "topic", "never")
    PubSub.unsubscribe("news", "topic")
    PubSub.broadcast("news", "topic", "never")
    assert await receive(timeout=0, default="nothing") == "nothing"
    PubSub.unsubscribe("news", "elsewhere")
    await GenServer.stop("news")


@process_test
async def test_pubsub_says_what_is_wrong() -> None:
    topic: Any = 1
    with pytest.raises(ValueError, match="unknown registry: 'news'"):
        PubSub.subscribe("news", "topic")
    with pytest.raises(TypeError, match=r"expected a topic \(str\), got 1"):
        PubSub.broadcast("news", topic, "message")
    with pytest.raises(TypeError, match="expected a Pid as sender"):
        PubSub.broadcast_from("news", topic, "topic", "message")


@process_test
async def test_a_subscriber_that_is_full_holds_up_no_other() -> None:
    async def reader(main: Pid) -> None:
        PubSub.subscribe("news", "topic")
        send(main, "subscribed")
        await sleep(None)

    await PubSub.start_link(name="news")
    pids = []
    for bound in (None, Mailbox(2, "wait"), Mailbox(1, "drop_new"), None):
        pids.append(spawn(reader, self(), mailbox=bound))
        await receive("subscribed")
    PubSub.broadcast("news", "topic", 1)
    PubSub.broadcast_from("news", pids[0], "topic", 2)
    with pytest.raises(MailboxFull) as full:
        PubSub.broadcast("news", "topic", 3)
    assert full.value.pid == pids[1]
    assert [process_info(pid).messages for pid in pids] == [(1, 3), (1, 2), (1,), (1, 2, 3)]
    news = whereis("news")
    assert news is not None
    await end(*pids, news)
