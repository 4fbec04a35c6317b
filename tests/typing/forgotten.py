"""What waits only when it is awaited, without `await`; mypy marks it with unused-awaitable."""

from aquavit import GenServer, Pid, Task, call, receive, sleep


class Store(GenServer):
    def init(self) -> None: ...

    @call
    def get(self) -> int:
        return 1


async def main(store: Pid) -> None:
    sleep(1.0)  # wrong
    receive("go")  # wrong
    receive(int, timeout=1.0)  # wrong
    Store.get(store)  # wrong
    GenServer.call(store, "get")  # wrong
    Task.async_(sleep, 1.0)  # wrong
    await sleep(1.0)
    await receive("go")
    _ = Task.async_(sleep, 1.0)
