"""Layer 4: the command line."""

from aquavit.tools.cli import main

__all__ = ["main"]
