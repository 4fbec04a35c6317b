"""Layer 2: behaviours, the shapes that processes take. Policy lives here."""

from aquavit.core.signals import Call, Cast
from aquavit.otp import system
from aquavit.otp.child_spec import ChildSpec
from aquavit.otp.gen import AlreadyStarted, StartError, StartTimeout
from aquavit.otp.gen_server import GenServer
from aquavit.otp.methods import call, cast
from aquavit.otp.reports import set_report_limit
from aquavit.otp.results import (
    HIBERNATE,
    IGNORE,
    NO_REPLY,
    Continue,
    NoReply,
    Reply,
    Stop,
    Timeout,
)
from aquavit.otp.task import Task

__all__ = [
    "HIBERNATE",
    "IGNORE",
    "NO_REPLY",
    "AlreadyStarted",
    "Call",
    "Cast",
    "ChildSpec",
    "Continue",
    "GenServer",
    "NoReply",
    "Reply",
    "StartError",
    "StartTimeout",
    "Stop",
    "Task",
    "Timeout",
    "call",
    "cast",
    "set_report_limit",
    "system",
]
