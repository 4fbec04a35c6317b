"""What is known at the prompt: the public names of the package, and the helpers.

Elixir: `import IEx.Helpers`, and what Kernel has.
"""

from __future__ import annotations

from typing import Any

import aquavit
from aquavit.tools.shell.helpers import Helpers

__all__ = ["fill", "restore"]


def fill(names: dict[str, Any]) -> Helpers:
    """Put the names that a shell begins with into `names`; return the helpers."""
    names.update({name: getattr(aquavit, name) for name in aquavit.__all__ if name[0] != "_"})
    names["aquavit"] = aquavit
    helpers = Helpers(names)
    names.update(helpers.names())
    return helpers


def restore(names: dict[str, Any], helpers: Helpers) -> None:
    """Put the helpers back for which the package's own functions stand by now."""
    for name, helper in helpers.names().items():
        if name in aquavit.__all__ and names.get(name) is getattr(aquavit, name):
            names[name] = helper
