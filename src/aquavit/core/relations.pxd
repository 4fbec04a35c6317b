cimport cython
from aquavit.core cimport ids, native
from aquavit.core.ids cimport Alias, Pid, Ref
from aquavit.core.process cimport Process, Rare

cdef class Monitor:
    cdef readonly Ref ref
    cdef readonly Process watcher, target
    cdef readonly object name, tag

cdef class From(Alias):
    cdef readonly double deadline
    cdef readonly Process server
    cdef From before
    cdef readonly From after

cpdef list peers(Process process)
cpdef bint are_linked(Process a, Process b)
cpdef void add_link(Process a, Process b)
cpdef bint remove_link(Process a, Process b)
cdef void _add_peer(Process process, Process peer)
cdef void _remove_peer(Process process, Process peer)
@cython.locals(monitor=Monitor, own=Rare, other=Rare)
cpdef add_monitor(Process watcher, Process target, Ref ref, object name, object tag)
@cython.locals(monitor=Monitor, target=Process)
cpdef bint remove_monitor(Process watcher, Ref ref) except -1
@cython.locals(monitor=Monitor)
cpdef list take_watchers(Process target)
cpdef drop_monitors(Process watcher)
@cython.locals(rare=Rare)
cpdef add_alias(Process owner, Alias alias, str mode)
cpdef str alias_mode(Process owner, Alias alias)
cpdef bint open_alias(Process owner, Alias alias) except -1
cpdef bint remove_alias(Process owner, Alias alias) except -1
cpdef monitor_ended(Process watcher, Ref ref)
@cython.locals(from_=From, own=Rare, asked=Rare)
cpdef From add_request(Process caller, Process server, double deadline)
@cython.locals(server=Process, caller=Process)
cpdef end_request(From from_)
@cython.locals(from_=From)
cpdef list take_requests(Process server)
