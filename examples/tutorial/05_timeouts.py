# `receive` waits for ever, or for as long as `timeout` says. Times are in seconds.

from aquavit import receive, self, send, send_after

# When the time is over it raises Python's own TimeoutError ...
try:
    await receive(timeout=0.05)
except TimeoutError:
    print("nothing came within 0.05 seconds")

# ... or returns the default, if there is one.
print("still nothing:", await receive(timeout=0.05, default=None))

# With 0 it only looks at what is there. Messages that do not match are not touched.
send(self(), "milk")
print("bread?", await receive("bread", timeout=0, default="none"))
print("milk?", await receive("milk", timeout=0, default="none"))

# Time passes for the whole `receive`: a wrong message does not start it again.
send_after(self(), "too early", 0.01)
print("in time?", await receive("right", timeout=0.05, default="no"))
print("what came:", await receive(timeout=0))

# A message can be sent later.
send_after(self(), "ring", 0.02)
print("the alarm:", await receive("ring", timeout=5.0))
