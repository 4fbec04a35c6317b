"""Planted bugs in the handing over of a message that ends a wait, as those in `mutants`."""

from __future__ import annotations

__all__ = ["WAITS"]

_MAILBOX = "core/mailbox.py"
_SCHEDULER = "core/scheduler.py"
_RUNTIME = "core/runtime.py"
_REQUESTS = "core/requests.py"
_DEADLINES = "core/deadlines.py"
_DELIVERY = "core/delivery.py"

WAITS: list[tuple[str, str, str, str]] = [
    (
        "what is put back comes last",
        _MAILBOX,
        "            before: Any = self.cursor\n",
        "            before: Any = self.tail\n",
    ),
    (
        "what is put back comes first",
        _MAILBOX,
        "            before: Any = self.cursor\n",
        "            before: Any = None\n",
    ),
    (
        "an interrupt loses what ended the wait",
        _MAILBOX,
        "            self.resume = native.NOTHING\n            message:",
        "            self.resume = native.NOTHING\n            return\n            message:",
    ),
    (
        "what is put back is not the tail",
        _MAILBOX,
        "            if message.next is None:\n                self.tail = message\n",
        "",
    ),
    (
        "what ended the wait does not count",
        _MAILBOX,
        "        self.cursor = before\n        self.count += 1\n",
        "        self.cursor = before\n",
    ),
    (
        "what was handed over still counts",
        _MAILBOX,
        "        self.count = self.count - 1\n        return value\n",
        "        return value\n",
    ),
    (
        "the place of the last one stays",
        _MAILBOX,
        "        if self.cursor is not None:\n            self.cursor = None\n        self.count",
        "        self.count",
    ),
    (
        "what ended the wait is not seen",
        _MAILBOX,
        "        found = self.resume == native.FOUND\n",
        "        found = False\n",
    ),
    (
        "what ended the wait is seen last",
        _MAILBOX,
        "            if found and message is self.cursor:\n",
        "            if found and message.next is None:\n",
    ),
    (
        "the place is dropped with the oldest message",
        _MAILBOX,
        "            if self.cursor is self.head:\n                self.cursor = None\n",
        "",
    ),
    (
        "a reply that ended the wait stands first",
        _SCHEDULER,
        "            if matcher.accepts(value):\n                p.find(value, before)\n",
        "            if matcher.accepts(value):\n                p.find(value, None)\n",
    ),
    (
        "what ended the wait stands first",
        _SCHEDULER,
        "p.tail is before:\n                p.find(value, before)\n",
        "p.tail is before:\n                p.find(value, None)\n",
    ),
    (
        "a quick wake leaves its timer",
        _DELIVERY,
        "            if p.timer is None and not p.adopted:",
        "            if not p.adopted:",
    ),
    (
        "a quick wake misses the task",
        _DELIVERY,
        "            if p.timer is None and not p.adopted:",
        "            if p.timer is None:",
    ),
    (
        "what ends a wait for anything does not count",
        _DELIVERY,
        "            p.found = value\n            p.count = p.count + 1\n",
        "            p.found = value\n",
    ),
    (
        "an error that is thrown in loses what ended the wait",
        _SCHEDULER,
        "        p.interrupt = None\n        p.put_back()\n",
        "        p.interrupt = None\n",
    ),
    (
        "a cancelled task loses what ended its wait",
        _RUNTIME,
        "        p.awaiting = False\n        p.put_back()\n",
        "        p.awaiting = False\n",
    ),
    (
        "a dropped deadline stays set",
        _DEADLINES,
        "        self.timers.remove(timer)\n        timer.process = None\n",
        "        timer.process = None\n",
    ),
    (
        "a timer that is used again is nobody's",
        _DEADLINES,
        "            timers.renew(timer, p)\n",
        "            pass\n",
    ),
    (
        "a timer serves two waits",
        _DEADLINES,
        "            self.spare = None\n            timers.renew(timer, p)\n",
        "            timers.renew(timer, p)\n",
    ),
    (
        "the reply to a cancelled call stays",
        _REQUESTS,
        "        self.owner.take(matching.answer_to(self.from_))\n",
        "",
    ),
]
