cimport cython
from aquavit.core cimport ids, native
from aquavit.core.ids cimport Pid
from aquavit.core.mailbox cimport Mailbox

cdef class Rare:
    cdef public object asked, asking, name, label, report, on_end
    cdef readonly object stack
    cdef public object bound, senders
    cdef public dict dictionary, monitors, monitored_by, aliases, timers
    cdef public int guards, refusals, strikes
    cdef public bint serves

cdef class Process(Mailbox):
    cdef readonly Pid pid, parent
    cdef readonly object runtime
    cdef public object coroutine
    cdef readonly object initial_call
    cdef readonly object interrupt
    cdef readonly object reason, context
    cdef readonly object task
    cdef object timer
    cdef readonly object waiter
    cdef object links
    cdef public Rare rare
    cdef Process next
    cdef readonly double started_at
    cdef readonly long long reductions
    cdef readonly int slot
    cdef readonly signed char state
    cdef readonly signed char parked
    cdef readonly bint exiting, killed, adopted
    cdef public bint trap
    cdef bint awaiting, polling
    cdef int hold(self, object coroutine) except -1
    cdef int let_go(self) except -1
    cpdef Rare extras(self)
    @cython.locals(rare=Rare)
    cpdef keep_timer(self, object timer)

@cython.locals(process=Process)
cpdef Process new_process(object runtime)
cpdef Process current()
cpdef void set_current(Process process) noexcept
@cython.locals(rare=Rare)
cpdef bint ends_in_order(Process p)
