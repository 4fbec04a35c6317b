cimport cython
from aquavit.core cimport timers
from aquavit.core.process cimport Process
from aquavit.core.stacks cimport Stacks
from aquavit.core.timers cimport Timer, TimerHeap

cdef int _AT_ONCE

cdef class Deadlines(Stacks):
    cdef readonly TimerHeap timers
    cdef Timer spare
    cdef object armed
    cdef double armed_for
    cdef int fire(self, Timer timer) except -1
    cpdef set_timer(self, Timer timer, double delay)
    cpdef set_timer_at(self, Timer timer, double deadline)
    @cython.locals(timer=Timer)
    cdef int set_deadline(self, Process p, double deadline) except -1
    @cython.locals(timer=Timer)
    cdef int drop_timer(self, Process p) except -1
    cpdef arm(self)
    @cython.locals(timer=Timer, now=double)
    cpdef ring(self)
