"""The mailbox: a linked queue with selective receive, the base of `Process`.

    head, tail   the queue, oldest first; a Message is one value and the next Message
    count        its length
    limit        the length from which on `overflow` decides about a message that is sent
    matcher      what the process waits for; None = any message. Only meaningful while
                 the process waits; each arriving message is tried against it once
    resume       how the last wait has ended, see `process`
    found        the value that ended it, if `resume` is FOUND: it counts, but is out of the
                 queue, and goes back if the process is interrupted before it takes it
    cursor       the Message behind which it stood (None: it was the head). Only the owner
                 takes messages out, so this stays valid until the owner runs
    marks        refs, the oldest first, and the Messages that were the tail when each was
                 made, or None. A message with this or a later ref can only stand behind it,
                 so a receive on such a ref begins there: it costs the same with a full
                 mailbox

Pure data: it knows no process, clock or loop. push O(1), pop O(1), take O(skipped).

Erlang: message queue, save pointer and receive markers.
"""

from __future__ import annotations

from typing import Any, Final

from aquavit.core import directives as cython
from aquavit.core import native
from aquavit.core.matching import Matcher

if False:  # tells Cython that `cython` means its directives
    import cython  # type: ignore

__all__ = ["Mailbox", "Message"]


class _Empty:
    """What `pop` and `take` return when there is nothing to return."""

    def __repr__(self) -> str:
        return "EMPTY"


EMPTY: Final = _Empty()
#: A mailbox shorter than this is scanned from its head; marking it would cost more.
_WORTH_MARKING = 16
_MOST_MARKS = 8


@cython.final
@cython.no_gc
@cython.freelist(1024)
@cython.cclass
class Message:
    """One message and the next."""

    __slots__ = ("next", "value")
    next: Message | None
    value: Any


@cython.final
@cython.no_gc
@cython.cclass
class Mark:
    """A ref, and the Message that was the tail when it was made."""

    __slots__ = ("at", "ref_id")
    at: Message | None
    ref_id: int


@cython.no_gc
@cython.cclass
class Mailbox:
    """The messages of one process."""

    __slots__ = (
        *("count", "cursor", "found", "head", "limit", "marks", "matcher", "resume", "tail"),
    )
    count: int
    cursor: Any
    found: Any
    head: Any
    limit: int
    tail: Any
    marks: Any
    matcher: Any
    resume: int

    def clear_mailbox(self) -> None:
        """Drop everything; one by one, so that a long queue cannot overflow the stack."""
        message: Message | None = self.head
        self.head = self.tail = self.cursor = self.marks = self.found = None
        self.count = 0
        if self.resume == native.FOUND:
            self.resume = native.NOTHING
        while message is not None:
            following = message.next
            message.next = None
            message = following

    def push(self, value: Any) -> None:
        """Put `value` at the end."""
        message: Message = Message.__new__(Message)
        message.value = value
        if not native.COMPILED:
            message.next = None
        if self.tail is None:
            self.head = message
        else:
            self.tail.next = message
        self.tail = message
        self.count += 1

    def remove_after(self, before: Message | None) -> Any:
        """Take out the Message behind `before` (None: the head); return its value."""
        message: Any
        if before is None:
            message = self.head
            self.head = message.next
        else:
            message = before.next
            before.next = message.next
        if message.next is None:
            self.tail = before
        else:
            message.next = None
        self.count -= 1
        if self.marks is not None:
            self.forget_mark(message, before)
        return message.value

    def find(self, value: Any, before: Message | None) -> None:
        """Keep `value`, which ends the wait, at hand; it stands behind `before`."""
        self.found = value
        self.cursor = before
        self.count += 1

    def take_found(self) -> Any:
        """Take what ended the wait."""
        value = self.found
        self.found = None
        if self.cursor is not None:
            self.cursor = None
        self.count = self.count - 1
        return value

    def put_back(self) -> None:
        """Put what ended the wait, if a message did, back to where it stood."""
        if self.resume == native.FOUND:
            self.resume = native.NOTHING
            message: Message = Message.__new__(Message)
            message.value = self.found
            before: Any = self.cursor
            self.found = self.cursor = None
            if before is None:
                message.next = self.head
                self.head = message
            else:
                message.next = before.next
                before.next = message
            if message.next is None:
                self.tail = message

    def pop(self) -> Any:
        """Take out the oldest message, or return EMPTY."""
        if self.head is None:
            return EMPTY
        return self.remove_after(None)

    def drop_oldest(self) -> None:
        """Take out the oldest message for nothing; what ended the wait is as good as taken."""
        if self.head is not None:
            if self.cursor is self.head:
                self.cursor = None
            self.remove_after(None)

    def take(self, matcher: Matcher) -> Any:
        """Take out the first message that `matcher` accepts, or return EMPTY.

        It begins again if a guard has changed the mailbox under it.
        """
        self.put_back()
        while True:
            before: Message | None = None
            if self.marks is not None and matcher.fresh:
                before = self.marked(matcher.fresh)
            message: Message | None = self.head if before is None else before.next
            while message is not None and not matcher.accepts(message.value):
                before = message
                message = message.next
            if message is None:
                if before is self.tail:
                    return EMPTY
            elif self.holds(before, message):
                return self.remove_after(before)

    def holds(self, before: Message | None, message: Message) -> bool:
        """Tell whether `message` stands behind `before` (None: it is the head)."""
        return message is (self.head if before is None else before.next)

    def mark(self, ref_id: int) -> None:
        """Remember that the ref was made now, when the mailbox is what it is."""
        if self.count < _WORTH_MARKING:
            return
        if self.marks is None:
            self.marks = []
        mark: Any
        if self.marks:
            mark = self.marks[len(self.marks) - 1]
            if mark.at is self.tail:
                return  # which serves this ref as well
        mark = Mark.__new__(Mark)
        mark.ref_id = ref_id
        mark.at = self.tail
        self.marks.append(mark)
        if len(self.marks) > _MOST_MARKS:
            # Of two neighbours the older serves both refs, only less well.
            del self.marks[_MOST_MARKS // 2]

    def marked(self, ref_id: int) -> Message | None:
        """Return the Message behind which the first message with the ref can stand."""
        for index in range(len(self.marks) - 1, -1, -1):
            mark: Any = self.marks[index]
            if mark.ref_id <= ref_id:
                return mark.at  # type: ignore[no-any-return]
        return None

    def forget_mark(self, message: Message, before: Message | None) -> None:
        """Move the marks at `message`, which is being taken out, one back."""
        mark: Any
        for index in range(len(self.marks) - 1, -1, -1):
            mark = self.marks[index]
            if mark.at is message:
                mark.at = before
                if before is None:
                    del self.marks[index]
        if not self.marks:
            self.marks = None

    def contents(self) -> list[Any]:
        """Return all messages, oldest first; they stay."""
        values = []
        found = self.resume == native.FOUND
        if found and self.cursor is None:
            values.append(self.found)
        message: Message | None = self.head
        while message is not None:
            values.append(message.value)
            if found and message is self.cursor:
                values.append(self.found)
            message = message.next
        return values
