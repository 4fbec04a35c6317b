# State lives in a process. This one keeps a dict in its loop: nobody else can reach it but
# by messages, and these are handled one at a time, so it needs no lock.
#
# It is used by 09_key_value.py.

from aquavit import Task, receive, send


def start_link():
    """Start a store for keys and values, linked to the caller; return its pid."""
    return Task.start_link(loop, {})


async def loop(data):
    while True:
        match await receive(("get", ..., ...), ("put", ..., ...)):
            case ("get", key, caller):
                send(caller, data.get(key))
            case ("put", key, value):
                data[key] = value
