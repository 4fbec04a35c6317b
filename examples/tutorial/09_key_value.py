# The key-value store of kv.py is a process of its own. Others talk to it by messages, and
# find it by its name.

import kv

from aquavit import receive, register, self, send

pid = kv.start_link()

send(pid, ("get", "hello", self()))
print("before:", await receive(timeout=1.0))

send(pid, ("put", "hello", "world"))
send(pid, ("get", "hello", self()))
print("after: ", await receive(timeout=1.0))

# With a name, nobody needs the pid.
register(pid, "kv")
send("kv", ("get", "hello", self()))
print("by name:", await receive(timeout=1.0))

# The script is over now, and so is all that it has started.
