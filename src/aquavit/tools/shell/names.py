"""What is known at the prompt: the public names of the package, and the helpers.

Elixir: `import IEx.Helpers`, and what Kernel has.
"""

from __future__ import annotations

from typing import Any

import aquavit
from aquavit.tools.shell.helpers import Helpers

__all__ = ["fill"]


def fill(names: dict[str, Any]) -> Helpers:
    """Put the names that a shell begins with into `names`; return the helpers."""
    names.update({name: getattr(aquavit, name) for name in aquavit.__all__ if name[0] != "_"})
    names["aquavit"] = aquavit
    helpers = Helpers(names)
    names.update(helpers.names())
    return helpers
