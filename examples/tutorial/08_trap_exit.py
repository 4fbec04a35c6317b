# A process that looks after others must not die with them. If it traps exits, the death
# of a linked process is one more message: `Exit`, with the pid and the reason.
#
# Supervisors are built on this: wait for an Exit, start the process again.

from aquavit import Exit, ProcessExit, exit, receive, sleep, spawn_link, trap_exit


def work(attempt):
    if attempt < 3:
        raise ProcessExit(f"attempt {attempt} failed")
    print(f"attempt {attempt} went well")


trap_exit(True)

attempt = 1
pid = spawn_link(work, attempt)
while (await receive(Exit(pid, ...))).reason != "normal":
    print(f"worker {attempt} died, starting the next one")
    attempt += 1
    pid = spawn_link(work, attempt)

# An exit signal ends another process. Only "kill" cannot be trapped by anybody.
pid = spawn_link(sleep, None)
exit(pid, "no longer needed")
print((await receive(Exit(pid, ...))).reason)
