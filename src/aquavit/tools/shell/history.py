"""Where the lines of earlier sessions are kept.

Elixir: shell_history of the kernel application.
"""

from __future__ import annotations

import os

__all__ = ["history_file"]


def history_file(name: str) -> str | None:
    """Return the path of a file for the history, None if there can be none.

    It lies in `$XDG_STATE_HOME/aquavit`, or in `~/.local/state/aquavit`.
    """
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    directory = os.path.join(state, "aquavit")
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
    except OSError:
        return None
    path = os.path.join(directory, name)
    return path if os.access(path if os.path.exists(path) else directory, os.W_OK) else None
