"""What a Pid completes to at the prompt: the helpers that take one.

`child.` and Tab offers `i(child)`, `kill(child)` and so on, which replace what was typed.

Elixir: IEx.Autocomplete.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aquavit.process import Pid

__all__ = ["helpers_for"]

_HELPERS = (
    *("i", "is_alive", "process_info", "send", "exit", "kill", "link", "unlink", "monitor"),
    *("trace", "get_state"),
)
_BEGUN = re.compile(r"([A-Za-z_]\w*)\.(\w*)$")


def helpers_for(line: str, names: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return what of `line` is to be replaced, and by what; nothing if it ends in no Pid.

    Args:
        line: what stands before the cursor.
        names: the variables at the prompt.
    """
    begun = _BEGUN.search(line)
    if begun is None or not isinstance(names.get(begun[1]), Pid):
        return "", []
    open_ended = {"send": ", ", "exit": ", "}
    return begun[0], [
        f"{helper}({begun[1]}{open_ended.get(helper, ')')}"
        for helper in _HELPERS
        if helper.startswith(begun[2])
    ]
