"""Layer 1: what a process can do.

Starting, messages, links and monitors, exits, names, timers, inspection, threads. The
mechanism is in `aquavit.core`; nothing here keeps state.
"""

from aquavit.core import isolation
from aquavit.core.calls import COMPILED
from aquavit.core.exits import (
    CallError,
    CallTimeout,
    MailboxFull,
    NoProcess,
    NotInProcess,
    ProcessError,
    ProcessExit,
    ServerExit,
)
from aquavit.core.ids import Alias, Pid, Ref
from aquavit.core.isolation import share
from aquavit.core.overflow import Mailbox
from aquavit.core.plain import wait
from aquavit.core.signals import Down, Exit, NodeDown, NodeUp
from aquavit.process import from_thread, reports
from aquavit.process.blocking import blocking
from aquavit.process.exiting import exit, kill, trap_exit
from aquavit.process.fairness import no_preempt, preempt_in
from aquavit.process.inspection import ProcessInfo, process_dict, process_info, set_label
from aquavit.process.links import alias, demonitor, link, monitor, unalias, unlink
from aquavit.process.mailboxes import send_wait, set_mailbox_warning
from aquavit.process.messages import flush, receive, send, sleep
from aquavit.process.names import node, register, registered, unregister, whereis
from aquavit.process.report_rate import set_report_rate
from aquavit.process.running import run
from aquavit.process.spawning import (
    is_alive,
    make_ref,
    processes,
    self,
    spawn,
    spawn_link,
    spawn_monitor,
)
from aquavit.process.timing import cancel_timer, read_timer, send_after

__all__ = [
    "COMPILED",
    "Alias",
    "CallError",
    "CallTimeout",
    "Down",
    "Exit",
    "Mailbox",
    "MailboxFull",
    "NoProcess",
    "NodeDown",
    "NodeUp",
    "NotInProcess",
    "Pid",
    "ProcessError",
    "ProcessExit",
    "ProcessInfo",
    "Ref",
    "ServerExit",
    "alias",
    "blocking",
    "cancel_timer",
    "demonitor",
    "exit",
    "flush",
    "from_thread",
    "is_alive",
    "isolation",
    "kill",
    "link",
    "make_ref",
    "monitor",
    "no_preempt",
    "node",
    "preempt_in",
    "process_dict",
    "process_info",
    "processes",
    "read_timer",
    "receive",
    "register",
    "registered",
    "run",
    "self",
    "send",
    "send_after",
    "send_wait",
    "set_label",
    "set_mailbox_warning",
    "set_report_rate",
    "share",
    "sleep",
    "spawn",
    "spawn_link",
    "spawn_monitor",
    "trap_exit",
    "unalias",
    "unlink",
    "unregister",
    "wait",
    "whereis",
]

reports.install()
