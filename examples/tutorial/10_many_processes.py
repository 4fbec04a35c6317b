# Processes are cheap. Here are a hundred thousand of them at once, each with a mailbox
# of its own, each waiting for its question.

from aquavit import processes, receive, self, send, spawn

MANY = 100_000


async def double(number):
    _, caller = await receive(("double", ...))
    send(caller, 2 * number)


pids = [spawn(double, number) for number in range(MANY)]
print(f"{len(processes()):,} processes are alive, with this one")

for pid in pids:
    send(pid, ("double", self()))

total = 0
for _ in pids:
    total += await receive(int)
print(f"the sum of their answers is {total:,}")
print(f"{len(processes())} process is left")
