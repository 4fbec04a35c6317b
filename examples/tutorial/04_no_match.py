# A message that matches nothing is not lost, and it is no error. It stays in the mailbox
# until somebody asks for it.

from aquavit import process_info, receive, self, send

send(self(), ("from a stranger", 1))
send(self(), ("hello", "Ada"))
send(self(), ("from a stranger", 2))
send(self(), ("hello", "Grace"))


def waiting():
    return process_info(self()).message_count


print(f"{waiting()} messages wait")

# Both greetings are taken, in the order in which they came.
for _ in range(2):
    _, name = await receive(("hello", str))
    print(f"hello {name}")

# The others have kept their places.
print(f"{waiting()} messages wait")
print(await receive())
print(await receive())
print(f"{waiting()} messages wait")
