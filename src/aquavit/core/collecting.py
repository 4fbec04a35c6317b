"""Whether the garbage collector is at work, where no stack may be left.

The lists of what it goes through begin on the stack that it runs on. It calls code of the
user there (callbacks of weak references, `__del__`, the `finally` of generators); whoever
would go on with another stack meanwhile could let go of an object that is in such a list.

Erlang: none; each process there has a heap of its own.
"""

from __future__ import annotations

import gc
import threading

__all__ = ["is_collecting", "watch"]

#: The thread that collects, 0 for none: there is one collection at a time.
_thread = 0


def watch() -> None:
    """Be told of collections, from now on."""
    if _note not in gc.callbacks:
        gc.callbacks.insert(0, _note)


def is_collecting() -> bool:
    """Tell whether the caller was called by the garbage collector."""
    return _thread == threading.get_ident()


def _note(phase: str, info: dict[str, int]) -> None:
    global _thread
    _thread = threading.get_ident() if phase == "start" else 0
