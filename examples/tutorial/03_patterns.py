# A pattern says which message `receive` is to take. `...` stands for anything, a type
# for its instances, a function decides for itself, and all else must be equal.

from dataclasses import dataclass

from aquavit import receive, self, send


@dataclass(frozen=True)
class Order:
    item: str
    price: int


def is_expensive(order):
    return order.price > 100


send(self(), Order("tea", 4))
send(self(), ("temperature", 21.5))
send(self(), Order("piano", 9000))
send(self(), {"name": "Joe", "age": 64})
send(self(), 1.0)

# A function is a guard. What it cannot look at is no match: a tuple has no price.
print("expensive:", await receive(is_expensive))

# The first message that fits is taken, wherever it stands in the mailbox.
print("a dict with a name:", await receive({"name": str}))
print("an order of tea:", await receive(Order("tea", ...)))

# With more than one pattern, any of them will do. `match` tells them apart, and its
# `if` is a guard as well.
match await receive(("temperature", float), ("humidity", float)):
    case ("temperature", degrees) if degrees > 30:
        print(f"{degrees} degrees: hot")
    case (what, value):
        print(f"{what} is {value}")

# As in Elixir, 1 is not 1.0.
print("the integer 1:", await receive(1, timeout=0, default="not there"))
print("a float:", await receive(float))
