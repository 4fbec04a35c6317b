"""The environment of applications: settings by name, for the whole program.

Defaults are what the application's class says; what is put later comes before them.
Values are copied on their way in and out.

Elixir: Application.get_env/3 and its relatives.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from aquavit.core import isolation

__all__ = ["Environment"]

_DELETED = object()


class Environment:
    """Settings: application -> key -> value."""

    def __init__(self) -> None:
        self.defaults: dict[str, dict[Any, Any]] = {}
        self.changes: dict[str, dict[Any, Any]] = {}
        self.lock = threading.Lock()

    def load(self, name: str, defaults: Mapping[Any, Any]) -> None:
        """Take over the defaults of an application."""
        with self.lock:
            self.defaults[name] = isolation.isolate(dict(defaults))

    def fetch(self, name: str, key: Any) -> Any:
        """Return one setting.

        Raises:
            KeyError: there is none.
        """
        with self.lock:
            found = self.changes.get(name, {}).get(key, self)
            if found is self:
                found = self.defaults.get(name, {}).get(key, _DELETED)
        if found is _DELETED:
            raise KeyError(key)
        return isolation.isolate(found)

    def change(self, settings: Mapping[str, Mapping[Any, Any]]) -> None:
        """Set many at once."""
        own = {name: isolation.isolate(dict(pairs)) for name, pairs in settings.items()}
        with self.lock:
            for name, pairs in own.items():
                self.changes.setdefault(name, {}).update(pairs)

    def delete(self, name: str, key: Any) -> None:
        """Take a setting away, its default too."""
        with self.lock:
            self.changes.setdefault(name, {})[key] = _DELETED

    def all(self, name: str) -> dict[Any, Any]:
        """Return all settings of an application."""
        with self.lock:
            both = {**self.defaults.get(name, {}), **self.changes.get(name, {})}
        kept = {key: value for key, value in both.items() if value is not _DELETED}
        return isolation.isolate(kept)  # type: ignore[no-any-return]
