# What type checkers see of `ids.py`: the classes and, which the source cannot say because
# an extension type has no generic base, that Pid takes the type of its messages.
from typing import Any, Final, Generic

from typing_extensions import TypeVar

__all__ = ["NODE", "Alias", "Pid", "Ref"]

M = TypeVar("M", default=Any, contravariant=True)

NODE: Final[str]

class _Counter:
    value: int

PIDS: _Counter
REFS: _Counter

class Pid(Generic[M]):
    @property
    def id(self) -> int: ...
    process: Any
    def __lt__(self, other: Pid[Any]) -> bool: ...
    def __le__(self, other: Pid[Any]) -> bool: ...
    def __gt__(self, other: Pid[Any]) -> bool: ...
    def __ge__(self, other: Pid[Any]) -> bool: ...

class Ref:
    id: int
    def __lt__(self, other: Ref) -> bool: ...

class Alias(Ref):
    pid: Pid

class _Lookup:
    find: Any

LOOKUP: _Lookup

def new_pid(process: Any) -> Pid: ...
def new_ref() -> Ref: ...
def new_alias(pid: Pid) -> Alias: ...
def restore_pid(number: int, slot: int) -> Pid: ...
def restore_ref(number: int) -> Ref: ...
def restore_alias(number: int, pid: Pid) -> Alias: ...
def counters() -> tuple[int, int]: ...
def set_counters(pids: int, refs: int) -> None: ...
