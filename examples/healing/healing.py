"""A bakery that burns and heals: a tree of three levels, and the tree as you watch.

    aquavit run examples/healing/healing.py              until you press Ctrl-C
    aquavit run examples/healing/healing.py 3            only three accidents
    aquavit run examples/healing/healing.py 3 0.2        ... a fifth of a second apart

    bakery              rest_for_one: without an oven there is nothing to sell
      kitchen           one_for_all: the bakers share one dough
        oven, baker-1, baker-2
      shop              one_for_one: the counters know nothing of each other
        counter-1, counter-2, counter-3

Every few moments something happens to somebody. Most of it is cured by a restart; too
many accidents at one counter close the shop, and the bakery opens it again.
"""

import logging
import random
import sys

from aquavit import *
from aquavit.process.wording import wants_colour

GREEN, YELLOW, RED, DIM, PLAIN = "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[2m", "\x1b[0m"
MARKS = {"running": (GREEN, "●"), "restarting": (YELLOW, "◐"), "stopped": (RED, "○")}


class Worker(GenServer):
    """Works, until something happens to it."""

    def init(self, name):
        self.name = name

    def handle_cast(self, accident):
        if accident == "drops a plate":
            raise RuntimeError(f"{self.name} {accident}")
        return Stop(accident)


def worker(name):
    return Worker.child_spec(name, id=name, name=name)


class Kitchen(Supervisor):
    def init(self):
        staff = [worker("oven"), worker("baker-1"), worker("baker-2")]
        return Supervisor.spec(staff, strategy="one_for_all", max_restarts=5)


class Shop(Supervisor):
    def init(self):
        counters = [worker(f"counter-{number}") for number in (1, 2, 3)]
        return Supervisor.spec(counters, strategy="one_for_one", max_restarts=2, max_seconds=60)


class Bakery(Supervisor):
    def init(self):
        parts = [Kitchen.child_spec(id="kitchen"), Shop.child_spec(id="shop")]
        return Supervisor.spec(parts, strategy="rest_for_one", max_restarts=100)


class Screen:
    """Draws the tree: in place on a terminal, one after the other elsewhere."""

    def __init__(self, stream):
        self.stream = stream
        self.colour = wants_colour(stream)
        self.live = self.colour and stream.isatty()
        self.height = 0
        self.known = {}

    def draw(self, tree, headline):
        lines = [headline, *self.lines(tree, 0)]
        if self.live and self.height:
            self.stream.write(f"\x1b[{self.height}A\x1b[J")
        self.stream.write("\n".join(lines) + "\n" + ("" if self.live else "\n"))
        self.stream.flush()
        self.height = len(lines)
        self.known = {part.id: part.pid for part in tree.walk()}

    def lines(self, part, depth):
        code, mark = MARKS.get(part.status, (RED, "?"))
        is_new = part.pid is not None and self.known.get(part.id, part.pid) != part.pid
        note = "  started again" if is_new else ""
        if part.type == "supervisor" and part.recent:
            note += f"  {part.recent} of {part.max_restarts} restarts"
        yield (
            "  " * depth
            + self.paint(mark, YELLOW if is_new else code)
            + f" {part.id}"
            + self.paint(note, YELLOW if is_new else DIM)
        )
        for child in part.children:
            yield from self.lines(child, depth + 1)

    def paint(self, text, code):
        return f"{code}{text}{PLAIN}" if self.colour and text else text


STAFF = ("oven", "baker-1", "baker-2", "counter-1", "counter-2", "counter-3")


def happen(dice, number):
    """Let something happen to somebody; say what."""
    if number % 4 == 0:  # the third accident at a counter within a minute closes the shop
        for counter in ("counter-1", "counter-2", "counter-3"):
            GenServer.cast(counter, "goes home")
        return "all counters go home"
    name = dice.choice(STAFF)
    accident = dice.choice(("drops a plate", "burns", "vanishes"))
    if accident == "vanishes":
        kill(whereis(name))
    else:
        GenServer.cast(name, accident)
    return f"{name} {accident}"


async def main(accidents=None, pause=None):
    logging.getLogger("aquavit").setLevel(logging.CRITICAL)  # the tree shows it
    dice = random.Random(7)
    screen = Screen(sys.stdout)
    pause = float(pause) if pause is not None else 1.0 if screen.live else 0.02
    last = None if accidents is None else int(accidents)
    number = 0
    async with Supervisor.running([Bakery.child_spec(id="bakery")]) as root:
        screen.draw((await health(root)).children[0], "opening time")
        while last is None or number < last:
            number += 1
            await sleep(pause)
            headline = happen(dice, number)
            await sleep(pause / 2)
            screen.draw((await health(root)).children[0], f"{number}. {headline}")
    print("closing time: all have gone home, the last one first")


await main(*sys.argv[1:])
