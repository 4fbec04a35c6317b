# Two processes that cannot do without each other are linked. If one of them fails, so
# does the other.
#
# Here the main process is linked to one that crashes. It goes down with it: the last
# line is never printed, and the exit status is 1.

from aquavit import sleep, spawn_link


def oops():
    raise RuntimeError("oops")


try:
    spawn_link(oops)
    await sleep(None)
    print("this is never printed")
finally:
    # Clean-up runs all the same.
    print("main cleans up")
