"""What is known at the prompt: the public names of the package, and the helpers.

Elixir: `import IEx.Helpers`, and what Kernel has.
"""

from __future__ import annotations

from typing import Any

import aquavit

__all__ = ["names_at_start"]


def names_at_start() -> dict[str, Any]:
    """Return the names that a shell begins with."""
    names = {name: getattr(aquavit, name) for name in aquavit.__all__ if name[0] != "_"}
    names["aquavit"] = aquavit
    return names
