"""The command `aquavit`: what it understands, and what it says when it does not.

    aquavit run script.py [args...]
    aquavit run package.module:function [args...]
    aquavit run package.module:Application [args...]
    aquavit shell [script.py] [args...]
    aquavit --version

Exit status: 0, 1 when the program failed, 2 when there was nothing to run; otherwise what
the program asked for with `sys.exit`, 130 after Ctrl-C, 143 after SIGTERM; an application
that has stopped in order after SIGTERM gives 0.

Elixir: the command elixir.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Callable, Sequence
from typing import Any

import aquavit
from aquavit.tools import application, program, script, streams
from aquavit.tools.script import Refused

__all__ = ["main"]

_RUN = """Run a script or a function as the main process of a program.

A script's top-level code is the main process: it may use `await`, and a linked process
that dies takes it down. A function gets the arguments as strings; what it returns is
dropped. `sys.exit(n)` ends either with that status.

An Application is started with what it depends on, and runs until SIGTERM or Ctrl-C; then
all are stopped in order. The arguments go to its `init`."""

_SHELL = """Type Python with `await`, in a process: self() is its pid.

A script is run in the same process first, so that what it links stays alive. What is typed
may be edited, completed and found again with IPython (pip install "aquavit[shell]"); there
is a plain line editor without it. Helpers: type h().

Without a terminal, statements are read from stdin, results are printed, and an uncaught
error ends the shell with exit status 1."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line asks for and return the exit status.

    Args:
        argv: the arguments; None for those of the program.

    Elixir: what bin/elixir does.
    """
    streams.prepare()
    parser = _parser()
    options = parser.parse_args(argv)
    if options.version:
        print(_version())
    elif options.command is None:
        parser.print_help(sys.stderr)
        return 2
    elif options.command == "shell":
        return _shell(options.target, options.args, options.start_file)
    else:
        return _run(options.target, options.args, options.stop_within)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="aquavit", description="Elixir's processes, in Python.")
    parser.add_argument(
        "--version", action="store_true", help="show version, build, Python and event loop"
    )
    commands = parser.add_subparsers(dest="command", metavar="command")
    run = commands.add_parser(
        "run",
        help="run a script or a function as the main process",
        description=_RUN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="aquavit run [-h] [--stop-within SECONDS] script.py|package.module:name [args...]",
    )
    run.add_argument("target", metavar="script.py|package.module:name")
    run.add_argument(
        "--stop-within",
        type=_seconds,
        default=application.STOP_WITHIN,
        metavar="SECONDS",
        help="how long an application may take to stop (default: %(default)g)",
    )
    run.add_argument("args", nargs=argparse.REMAINDER, help="arguments for it, in sys.argv")
    shell = commands.add_parser(
        "shell",
        help="type at processes: an interactive shell",
        description=_SHELL,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="aquavit shell [-h] [--no-start-file] [script.py] [args...]",
    )
    shell.add_argument(
        "--no-start-file",
        dest="start_file",
        action="store_false",
        help="do not run .aquavit.py of this directory, or else of your own",
    )
    shell.add_argument("target", metavar="script.py", nargs="?", help="run first, in the shell")
    shell.add_argument("args", nargs=argparse.REMAINDER, help="arguments for it, in sys.argv")
    return parser


def _version() -> str:
    build = "compiled" if aquavit.COMPILED else "interpreted"
    return f"aquavit {aquavit.__version__} ({build}), Python {platform.python_version()}, {_loop()}"


def _loop() -> str:
    """Name the event loop that `run` takes."""
    from importlib import metadata  # slow to import, and rarely asked for

    try:
        return f"uvloop {metadata.version('uvloop')}"
    except metadata.PackageNotFoundError:
        return "asyncio"


def _seconds(text: str) -> float:
    seconds = float(text)
    if not seconds > 0:
        raise ValueError(text)
    return seconds


def _run(target: str, args: list[str], within: float) -> int:
    """Load the target and run it."""
    with program.Signals() as signals:
        try:
            main_function, arguments = _load(target, args)
        except BaseException as error:
            return _not_loaded("run", error)
        if application.names_application(main_function):
            app: Any = main_function
            return application.run_application(signals, app, arguments, within)
        return program.run_program(signals, main_function, *arguments)


def _shell(target: str | None, args: list[str], start: bool) -> int:
    """Run a shell."""
    try:
        from aquavit.tools.shell import run_shell  # slow to import, for a command of its own

        return run_shell(target, args, start)
    except (Refused, SyntaxError, KeyboardInterrupt) as error:
        return _not_loaded("shell", error)


def _not_loaded(command: str, error: BaseException) -> int:
    """Say why there is nothing to run and return the exit status."""
    if isinstance(error, Refused):
        print(f"aquavit {command}: {error}", file=sys.stderr)
        return 2
    if isinstance(error, KeyboardInterrupt):
        return program.INTERRUPTED
    if isinstance(error, SyntaxError):
        # The frames are those that read the file; Python shows none either.
        sys.__excepthook__(type(error), error.with_traceback(None), None)
    elif isinstance(error, Exception):
        program.show_error(error)
    else:
        raise error
    return 1


def _load(target: str, args: list[str]) -> tuple[Callable[..., Any], list[str]]:
    if script.names_function(target):
        return script.load_function(target, args), args
    return script.load_script(target, args), []
