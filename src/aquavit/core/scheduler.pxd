cimport cython
from aquavit.core cimport native, process
from aquavit.core.mailbox cimport Message
from aquavit.core.matching cimport Matcher
from aquavit.core.process cimport Process
from aquavit.core.task cimport ProcessTask
from aquavit.core.timers cimport Timer, TimerHeap

cdef double SLICE
cdef int BUDGET, _STEPS, _BUSY_SLICES

@cython.final
cdef class Waker:
    cdef Scheduler scheduler
    cdef Process process

cdef object MONOTONIC

cdef class Scheduler:
    cdef object __weakref__
    cdef readonly object loop
    cdef public object clock
    cdef Process ready_head, ready_tail
    cdef bint scheduled
    cdef readonly double now
    cdef int budget, slices
    cdef readonly TimerHeap timers
    cdef object armed
    cdef double armed_for
    cdef object base, outer
    cdef bint shared
    cdef ProcessTask face
    cdef Py_ssize_t owners
    cpdef int ended(self, Process p) except -1
    cpdef raised(self, Process p, object error)
    cpdef int close(self, Process p) except -1
    cpdef int lingers(self, Process p) except -1
    cpdef due(self, Timer timer)
    cpdef int enqueue(self, Process p) except -1
    @cython.locals(until=double, steps=int, p=Process)
    cpdef run_slice(self)
    cdef int enter(self) except -1
    cdef int leave(self) except -1
    cdef int step(self, Process p) except -1
    cdef advance_apart(self, Process p)
    @cython.locals(resume=int)
    cdef resume(self, Process p)
    cdef begin(self, Process p)
    cdef throw_in(self, Process p)
    cdef int settle(self, Process p) except -1
    cdef int swap_face(self, object old, object new) except -1
    cdef wait_for(self, Process p, object future)
    cpdef future_done(self, Process p, object future)
    cpdef int wake(self, Process p, int resume) except -1
    cdef wake_task(self, Process p)
    cpdef interrupt(self, Process p, object error)
    cpdef cancel(self, Process p, object message)
    cpdef uncancel(self, Process p)
    @cython.locals(matcher=Matcher, message=Message)
    cdef int offer(self, Process p, Message before) except -1
    cdef int wake_found(self, Process p, Message before, Message message) except -1
    cdef int look_again(self, Process p) except -1
    cdef int abandon_wait(self, Process p) except -1
    @cython.locals(matcher=Matcher, message=Message)
    cdef offer_guarded(self, Process p, Message before)
    cpdef double time(self) except? -1
    cpdef set_timer(self, Timer timer, double delay)
    cpdef set_timer_at(self, Timer timer, double deadline)
    cdef int drop_timer(self, Process p) except -1
    cpdef arm(self)
    @cython.locals(timer=Timer, now=double)
    cpdef ring(self)
    @cython.locals(p=Process)
    cdef int fire(self, Timer timer) except -1
