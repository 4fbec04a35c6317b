"""Aquavit: Elixir's processes, in Python.

    core      mechanism, compiled: ids, isolation, mailbox, matching, links, timers,
              scheduler, runtime
    process   what a process can do: run, spawn, send, receive, link, monitor, names
    otp       behaviours: the shapes that processes take
    cluster   nodes (not built yet)
    tools     the command line, the shell

A module imports its own layer or a lower one. Everything public is importable here.
"""

from aquavit.otp import *  # noqa: F403
from aquavit.otp import __all__ as _behaviour_names
from aquavit.process import *  # noqa: F403
from aquavit.process import __all__ as _process_names

__version__ = "0.1.0"
__all__ = [*_process_names, *_behaviour_names, "__version__"]  # noqa: PLE0604
