cimport cython
from aquavit.core cimport native, process
from aquavit.core.mailbox cimport Message
from aquavit.core.process cimport Process
from aquavit.core.task cimport ProcessTask
from aquavit.core.timers cimport Timer, TimerHeap

@cython.final
cdef class Waker:
    cdef Scheduler scheduler
    cdef Process process

cdef class Scheduler:
    cdef object __weakref__
    cdef readonly object loop
    cdef public object clock
    cdef Process ready_head, ready_tail
    cdef bint scheduled
    cdef readonly double now
    cdef int budget
    cdef readonly TimerHeap timers
    cdef object armed
    cdef double armed_for
    cdef object base, outer
    cdef bint shared
    cdef ProcessTask face
    cdef Py_ssize_t owners
    cpdef ended(self, Process p)
    cpdef raised(self, Process p, object error)
    cpdef close(self, Process p)
    cpdef lingers(self, Process p)
    cpdef due(self, Timer timer)
    cpdef enqueue(self, Process p)
    @cython.locals(until=double, steps=int, p=Process)
    cpdef run_slice(self)
    cdef enter(self)
    cdef leave(self)
    cdef step(self, Process p)
    cdef advance_apart(self, Process p)
    @cython.locals(resume=int)
    cdef resume(self, Process p)
    cdef begin(self, Process p)
    cdef throw_in(self, Process p)
    cdef settle(self, Process p)
    cdef swap_face(self, object old, object new)
    cdef wait_for(self, Process p, object future)
    cpdef future_done(self, Process p, object future)
    cpdef wake(self, Process p, int resume)
    cpdef interrupt(self, Process p, object error)
    cpdef cancel(self, Process p, object message)
    cpdef uncancel(self, Process p)
    cdef offer(self, Process p, Message before)
    cdef wake_found(self, Process p, Message before)
    cdef offer_guarded(self, Process p, Message before)
    cpdef set_timer(self, Timer timer, double delay)
    cdef drop_timer(self, Process p)
    cpdef arm(self)
    @cython.locals(timer=Timer, p=Process, now=double)
    cpdef ring(self)
