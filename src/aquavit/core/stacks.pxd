from aquavit.core cimport native, process, watchdog
from aquavit.core.process cimport Process, Rare
from aquavit.core.task cimport ProcessTask
cimport cython

cdef watchdog.Watch *WATCH
cdef double SLICE, SHARE
cdef int _IDLE, _STRIKES, _BUSY_TURNS
cdef object MONOTONIC
cdef list LEFT

cdef class Stacks:
    cdef object __weakref__
    cdef readonly object loop
    cdef public object clock
    cdef readonly double now
    cdef double turn_ends, taken_due
    cdef int turns
    cdef Process ready_head, ready_tail
    cdef readonly dict taken
    cdef bint scheduled, waited
    cdef public bint watched
    cdef object hub, stack
    cdef Process successor
    cdef list idle
    cdef object base, outer
    cdef bint shared
    cdef ProcessTask face
    cdef Py_ssize_t owners
    cpdef double time(self) except? -1
    cpdef run_slice(self)
    cpdef int leave_behind(self, Process p) except -1
    cdef int enqueue(self, Process p) except -1
    cdef schedule(self)
    cdef int put_back(self, Process p) except -1
    cpdef turn(self)
    @cython.locals(p=Process)
    cdef next_stack(self)
    cdef lend(self, object stack)
    cdef idle_stack(self)
    cdef own_stack(self, Process p)
    cpdef serve(self)
    cpdef clear_stacks(self)
    cpdef bint may_park(self, Process p) except -1
    @cython.locals(rare=Rare)
    cdef int park(self, Process p) except -1
    cdef int enter(self) except -1
    cdef int leave(self) except -1
    cdef int enter_own(self, Process p) except -1
    cdef int leave_own(self, Process p) except -1
    cdef int settle(self, Process p) except -1
    cdef int swap_face(self, object old, object new) except -1
