# Processes share nothing. They talk: `send` puts a message into a mailbox, and
# `receive` takes one out.

from aquavit import flush, receive, self, send, spawn

# A process may send to itself. Nothing waits here: the message lies in the mailbox.
send(self(), ("hello", "world"))

# `match` takes the message apart, and runs the code of the first case that fits.
match await receive():
    case ("hello", name):
        print(f"hello {name}")
    case ("bye", name):
        print(f"bye {name}")


# A message can say where it comes from. That is how processes answer each other.
def child(parent):
    send(parent, ("hello", self()))


pid = spawn(child, self())
match await receive():
    case ("hello", sender):
        print(f"got hello from {sender}, which is {pid}: {sender == pid}")


# What is sent is copied, so the receiver has a list of its own.
shopping = ["milk"]
send(self(), shopping)
shopping.append("bread")
print(f"sent {await receive()}, and have {shopping} now")

# `flush` takes out all that is left.
for number in 1, 2, 3:
    send(self(), number)
print(f"flushed {flush()}")
