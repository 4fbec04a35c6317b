"""The interactive shell: what `aquavit shell` starts.

    statements      where a statement ends, in what is typed
    evaluator       the process that runs what is typed
    session         the main process: from the editor to the evaluator and back
    completing      what a Pid completes to
    editor*         who reads the lines: IPython, a plain line editor, or a pipe
    interrupts      Ctrl-C and SIGTERM
    output          how results and errors look
    names           what is known at the prompt

Elixir: IEx.
"""

from aquavit.tools.shell.starting import run_shell

__all__ = ["run_shell"]
