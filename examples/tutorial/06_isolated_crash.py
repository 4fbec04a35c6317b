# A process that fails dies alone. A report is logged, and everybody else goes on.

from aquavit import Down, receive, sleep, spawn, spawn_monitor


def oops():
    raise RuntimeError("oops")


spawn(oops)
await sleep(0)
print("main is still here")

# Whoever wants to know of a death sets a monitor. It sends one message, `Down`, and
# the reason in it is the exception itself.
pid, ref = spawn_monitor(oops)
down = await receive(Down(ref, pid, ...))
print(f"{pid} died of {down.reason!r}")
