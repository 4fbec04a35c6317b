"""Type a session into `aquavit shell` and draw the screen as an SVG picture.

    python docs/pictures/record_shell.py      writes docs/pictures/shell.svg

The session is typed for real, in tmux, and each statement is waited for. Nothing is edited:
the picture is the screen at the end, with its colours. Needs tmux and IPython.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]

from record import COLUMNS, picture, styled_lines  # noqa: E402
from tests.tools.shell.terminal import Terminal  # noqa: E402

PICTURE = Path(__file__).with_name("shell.svg")
#: What is typed, and what the screen must show before the next statement.
SESSION = [
    ("child = spawn(lambda: sleep(None))", ""),
    ("is_alive(child)", "True"),
    ('send(self(), ("hello", "world"))', ""),
    ("await receive()", "world"),
    ('kv = c("examples/tutorial/kv.py")', ""),
    ("register(kv.start_link(), 'store')", "True"),
    ('send("store", ("put", "answer", 42))', ""),
    ('send("store", ("get", "answer", self()))', ""),
    ("flush()", "^42$"),
    ("tree()", "kv|store"),
    ("oops = lambda: 1 / 0", ""),
    ("spawn_link(oops)", r"EXIT from (.*\n)+aquavit\(13\)>$"),
    ("is_alive(child), whereis('store')", r"\(True, None\)"),
]


def main() -> None:
    """Type the session and draw the screen."""
    with tempfile.TemporaryDirectory() as directory:
        terminal = Terminal(
            Path(directory),
            width=COLUMNS,
            height=45,
            PROMPT_TOOLKIT_COLOR_DEPTH="DEPTH_4_BIT",
        )
        try:
            for number, (statement, shown) in enumerate(SESSION, 1):
                terminal.enter(number, statement)
                if shown:
                    terminal.wait_for(shown)
            screen = terminal.tmux("capture-pane", "-p", "-e", "-t", "test").rstrip()
        finally:
            terminal.close()
    lines = list(styled_lines(screen))
    PICTURE.write_text(picture(lines, "A session of the shell in a terminal"), encoding="utf-8")
    print(f"{PICTURE.name}: {len(SESSION)} statements")


if __name__ == "__main__":
    main()
