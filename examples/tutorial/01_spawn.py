# A process is started with `spawn`. It runs a function, and then it is gone.
#
# Run it:  aquavit run examples/tutorial/01_spawn.py
#
# The lines of this script are a process too, the main one. It may `await`.

from aquavit import is_alive, self, sleep, spawn


def add():
    print(f"{self()} computes 1 + 2 = {1 + 2}")


pid = spawn(add)
print(f"main is {self()}, and it has started {pid}")

# `spawn` never waits: the new process gets its turn when this one gives way.
await sleep(0)

# Its function has returned, so the process is dead. Ours is not.
print(f"is {pid} alive? {is_alive(pid)}")
print(f"is {self()} alive? {is_alive(self())}")
