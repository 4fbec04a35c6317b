"""The command `aquavit`: what it understands, and what it says when it does not.

    aquavit run script.py [args...]
    aquavit run package.module:function [args...]
    aquavit run package.module:Application [args...]
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
from aquavit.tools import application, program, script
from aquavit.tools.script import Refused

__all__ = ["main"]

_RUN = """Run a script or a function as the main process of a program.

A script's top-level code is the main process: it may use `await`, and a linked process
that dies takes it down. A function gets the arguments as strings; what it returns is
dropped. `sys.exit(n)` ends either with that status.

An Application is started with what it depends on, and runs until SIGTERM or Ctrl-C; then
all are stopped in order. The arguments go to its `init`."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line asks for and return the exit status.

    Args:
        argv: the arguments; None for those of the program.

    Elixir: what bin/elixir does.
    """
    parser = _parser()
    options = parser.parse_args(argv)
    if options.version:
        print(_version())
    elif options.command is None:
        parser.print_help(sys.stderr)
        return 2
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
        except Refused as refusal:
            print(f"aquavit run: {refusal}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            return program.INTERRUPTED
        except SyntaxError as error:
            # The frames are those that read the file; Python shows none either.
            sys.__excepthook__(type(error), error.with_traceback(None), None)
            return 1
        except Exception as error:
            program.show_error(error)
            return 1
        if application.names_application(main_function):
            app: Any = main_function
            return application.run_application(signals, app, arguments, within)
        return program.run_program(signals, main_function, *arguments)


def _load(target: str, args: list[str]) -> tuple[Callable[..., Any], list[str]]:
    if script.names_function(target):
        return script.load_function(target, args), args
    return script.load_script(target, args), []
