"""A real terminal for the tests: tmux, whose screen is read back.

Nothing sleeps: tmux copies what the program writes into a named pipe, and the screen is
looked at whenever something has come through it.
"""

from __future__ import annotations

import os
import re
import select
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tools.command import ROOT, environment, steady

__all__ = ["Terminal", "needs_tmux"]

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")


class Terminal:
    """A terminal in which `aquavit shell` runs."""

    def __init__(
        self, directory: Path, *args: str, width: int = 120, height: int = 60, **more: str
    ) -> None:
        self.socket = directory / "tmux"
        self.began = 0.0
        self.indents = "HIDING" not in more
        settings = environment(
            **{"XDG_STATE_HOME": str(directory), "IPYTHONDIR": str(directory / "ipython")}, **more
        )
        if "HIDING" in settings:
            settings["PYTHONPATH"] = f"{settings['HIDING']}:{settings['PYTHONPATH']}"
        given = [f"{key}={settings[key]}" for key in _GIVEN if key in settings]
        shell = [sys.executable, "-m", "aquavit", "shell", *args]
        self.command = shlex.join(["env", *given, sys.executable, "-c", _START, *shell])
        fifo = directory / "written"
        os.mkfifo(fifo)
        self.written = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        size = ["-x", str(width), "-y", str(height)]
        self.tmux("-f", "/dev/null", "new-session", "-d", "-s", "test", *size, "-c", str(ROOT))
        self.tmux("pipe-pane", "-t", "test", f"cat > {shlex.quote(str(fifo))}")
        self.start()

    def start(self) -> None:
        """Start the shell, in place of what ran in the terminal before."""
        self.began = time.monotonic()
        self.tmux("respawn-pane", "-k", "-t", "test", "-c", str(ROOT), self.command)

    def tmux(self, *args: str) -> str:
        """Run tmux and return what it prints."""
        command = ["tmux", "-S", str(self.socket), *args]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def screen(self) -> str:
        """Return the text on the screen, without what is blank."""
        lines = self.tmux("capture-pane", "-p", "-t", "test").split("\n")
        return "\n".join(line.rstrip() for line in lines).rstrip("\n")

    def type(self, *keys: str) -> None:
        """Type text, or keys by their names: "Enter", "Tab", "C-c"."""
        self.tmux("send-keys", "-t", "test", *keys)

    def type_line(self, text: str) -> None:
        """Type a text as it is, and Enter."""
        first = ["send-keys", "-t", "test", "-l", text, ";"] if text else []
        self.tmux(*first, "send-keys", "-t", "test", "Enter")

    def paste(self, text: str) -> None:
        """Paste a text, as from the clipboard."""
        self.tmux("set-buffer", text)
        self.tmux("paste-buffer", "-p", "-t", "test")

    def enter(self, number: int, text: str) -> str:
        """Type a statement at the prompt of that number; return the screen at the next one."""
        self.wait_for(rf"^aquavit\({number}\)>$")
        self.type_line(text)
        return self.wait_for(rf"^aquavit\({number + 1}\)>$")

    def wait_for(self, pattern: str, timeout: float = 10.0) -> str:
        """Wait until the screen shows the pattern; return it."""
        deadline = time.monotonic() + timeout
        while not re.search(pattern, found := self.screen(), re.MULTILINE):
            if deadline < time.monotonic():
                raise AssertionError(f"the screen does not show {pattern!r}:\n{found}")
            self._look_again(deadline)
        return found

    def _look_again(self, deadline: float) -> None:
        """Wait until the program has written something, or a little while."""
        left = max(0.0, deadline - time.monotonic())
        select.select([self.written], [], [], min(left, 0.5))
        try:
            while os.read(self.written, 65536):
                pass
        except BlockingIOError:
            pass

    def follow(self, session: str) -> None:
        """Type what stands behind the prompts of `session`; the screen must look like it.

        Pids and times of day may differ. Blank lines at the ends do not count.
        """
        expected: list[str] = []
        for line in session.strip("\n").split("\n"):
            prompt = re.match(r"(aquavit\(\d+\)| +\.\.\.)>", line)
            if prompt is None:
                expected.append(line)
                continue
            self.wait_until("\n".join([*expected, prompt[0]]))
            typed = line[prompt.end() + 1 :]
            if self.indents:
                typed = typed.lstrip(" ")
            if typed:
                self.tmux("send-keys", "-t", "test", "-l", typed)
            # Behind it may stand, in grey, what it may become.
            self.wait_until("\n".join([*expected, line]), whole=False)
            self.type("Enter")
            expected.append(line)
        self.wait_until("\n".join(expected), whole=False)

    def wait_until(self, text: str, whole: bool = True, timeout: float = 10.0) -> None:
        """Wait until the screen below the banner begins with `text`, or, if `whole`, is that."""
        deadline = time.monotonic() + timeout
        while (found := self.below_banner()) != text:
            if not whole and found.startswith(text):
                return
            if deadline < time.monotonic():
                raise AssertionError(f"the screen shows\n{found}\n\nand should show\n{text}")
            self._look_again(deadline)

    def below_banner(self) -> str:
        """Return the screen below its first line, with pids and times made equal."""
        return steady(self.screen()).partition("\n")[2]

    def end(self, status: int) -> str:
        """Wait until the shell has ended, with that status; return the screen."""
        return self.wait_for(f"^status {status}$")

    def close(self) -> None:
        """End the terminal and what runs in it."""
        os.close(self.written)
        subprocess.run(
            ["tmux", "-S", str(self.socket), "kill-server"], check=False, capture_output=True
        )


#: Starts a program and shows its exit status; Ctrl-C is for the program alone.
_START = """\
import signal, subprocess, sys
signal.signal(signal.SIGINT, lambda *_: None)
print("status", subprocess.call(sys.argv[1:]), flush=True)
sys.stdin.read()
"""
#: What a program in the terminal gets of the environment, besides its own.
_GIVEN = ("PYTHONPATH", "XDG_STATE_HOME", "IPYTHONDIR", "AQUAVIT_LOOP", "COVERAGE_PROCESS_START")
