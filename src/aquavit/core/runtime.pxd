cimport cython
from aquavit.core cimport isolation, native, process, relations, scheduler, signals, stacks, timers
from aquavit.core.delivery cimport Delivery
from aquavit.core.ids cimport Alias, Pid, Ref
from aquavit.core.process cimport Process, Rare
from aquavit.core.relations cimport From, Monitor
from aquavit.core.timers cimport Timer, TimerHeap

cdef int _REFUSALS, _STOPPED_AT_ONCE

cdef class Runtime(Delivery):
    cdef readonly list table, free
    cdef readonly Py_ssize_t alive, free_count
    cdef readonly object names
    cdef readonly dict adopted, tables
    cdef public double cleanup_timeout
    cdef public int long_mailbox
    cdef readonly bint stopping
    cdef public object fatal, on_fatal, guard
    cdef object emptied
    cpdef int admit(self, Process p) except -1
    @cython.locals(p=Process)
    cpdef Process spawn(self, Process parent, object fn, tuple args)
    @cython.locals(p=Process)
    cpdef Process adopt(self, object task)
    cpdef release(self, Process p, object reason)
    cpdef reset_wait(self, Process p)
    cdef bint shares_context(self, Process parent) except -1
    @cython.locals(p=Process)
    cpdef due(self, Timer timer)
    cpdef forget_timer(self, Timer timer)
    cpdef int catch_up(self, Process p) except -1
    cpdef int forget(self, Process p, object what) except -1
    cpdef signal_exit(self, Process p, object sender, object reason, bint from_link)
    cpdef begin_exit(self, Process p, object reason)
    cdef int mark_exiting(self, Process p, object reason) except -1
    cpdef exit_self(self, Process p, object reason)
    cpdef kill(self, Process p)
    @cython.locals(rare=Rare)
    cpdef refuse(self, Process p)
    cpdef int lingers(self, Process p) except -1
    cpdef int close(self, Process p) except -1
    cpdef shut(self, Process p)
    cpdef int leave_behind(self, Process p) except -1
    cpdef int ended(self, Process p) except -1
    cpdef raised(self, Process p, object error)
    @cython.locals(pid=Pid)
    cpdef int bury(self, Process p, object reason) except -1
    @cython.locals(rare=Rare, timer=Timer)
    cdef int clear_rare(self, Process p) except -1
    @cython.locals(peer=Process)
    cdef int signal_links(self, Process p, Pid pid, object reason) except -1
    @cython.locals(monitor=Monitor, from_=From)
    cdef int signal_watchers(self, Process p, Pid pid, object reason) except -1
    cpdef send_down(self, Process p, Ref ref, object pid, object reason, object tag)
    @cython.locals(p=Process)
    cpdef list processes(self)
    @cython.locals(p=Process)
    cpdef list behaviours(self)
    @cython.locals(p=Process)
    cpdef find(self, long long number, long long slot)
    @cython.locals(p=Process)
    cpdef abandon(self)
    @cython.locals(pid=Pid)
    cdef abandon_process(self, Process p)
    cpdef stop_all(self, object emptied)
    @cython.locals(p=Process)
    cpdef stop_some(self, list left)

cpdef long long _number(Process p)
