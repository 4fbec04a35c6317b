"""Layer 2: behaviours, the shapes that processes take. Policy lives here."""

from aquavit.core.signals import Call, Cast
from aquavit.otp import system
from aquavit.otp.agent import Agent
from aquavit.otp.application import Application, NotStarted
from aquavit.otp.backoff import Backoff
from aquavit.otp.child_spec import ChildSpec
from aquavit.otp.children import ChildCount, ChildError, ChildInfo, NoChild
from aquavit.otp.dynamic_supervisor import DynamicSupervisor, DynamicSupervisorSpec
from aquavit.otp.events import (
    Enter,
    EventTimeout,
    GenericTimeout,
    Info,
    Internal,
    StateTimeout,
)
from aquavit.otp.gen import AlreadyStarted, StartError, StartTimeout
from aquavit.otp.gen_server import GenServer
from aquavit.otp.gen_state_machine import GenStateMachine, state
from aquavit.otp.health import Health, health
from aquavit.otp.methods import call, cast
from aquavit.otp.outcomes import Exited, Ok, TaskError, TaskExit, TaskTimeout
from aquavit.otp.partition_supervisor import PartitionSupervisor
from aquavit.otp.pubsub import PubSub
from aquavit.otp.registry import AlreadyRegistered, Registry
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
from aquavit.otp.supervision import SupervisorSpec
from aquavit.otp.supervisor import Supervisor
from aquavit.otp.task import Task
from aquavit.otp.task_stream import TaskStream
from aquavit.otp.task_supervisor import TaskSupervisor
from aquavit.otp.transitions import (
    POSTPONE,
    KeepState,
    NextEvent,
    NextState,
    RepeatState,
    ReplyTo,
    StopAndReply,
)
from aquavit.otp.via import Via

__all__ = [
    "HIBERNATE",
    "IGNORE",
    "NO_REPLY",
    "POSTPONE",
    "Agent",
    "AlreadyRegistered",
    "AlreadyStarted",
    "Application",
    "Backoff",
    "Call",
    "Cast",
    "ChildCount",
    "ChildError",
    "ChildInfo",
    "ChildSpec",
    "Continue",
    "DynamicSupervisor",
    "DynamicSupervisorSpec",
    "Enter",
    "EventTimeout",
    "Exited",
    "GenServer",
    "GenStateMachine",
    "GenericTimeout",
    "Health",
    "Info",
    "Internal",
    "KeepState",
    "NextEvent",
    "NextState",
    "NoChild",
    "NoReply",
    "NotStarted",
    "Ok",
    "PartitionSupervisor",
    "PubSub",
    "Registry",
    "RepeatState",
    "Reply",
    "ReplyTo",
    "StartError",
    "StartTimeout",
    "StateTimeout",
    "Stop",
    "StopAndReply",
    "Supervisor",
    "SupervisorSpec",
    "Task",
    "TaskError",
    "TaskExit",
    "TaskStream",
    "TaskSupervisor",
    "TaskTimeout",
    "Timeout",
    "Via",
    "call",
    "cast",
    "health",
    "set_report_limit",
    "state",
    "system",
]
