cimport cython
from aquavit.core cimport ids, native
from aquavit.core.ids cimport Ref

cdef class Errand:
    cdef readonly object fn

cdef class Timer(Ref):
    cdef readonly double deadline
    cdef readonly Py_ssize_t index
    cdef readonly object process, dest, message

@cython.locals(timer=Timer)
cpdef Timer new_timer(object process, object dest, object message)

cdef int renew(Timer timer, object process) except -1

cdef class TimerHeap:
    cdef readonly list items
    cdef readonly Py_ssize_t count
    cpdef Timer earliest(self)
    cpdef add(self, Timer timer, double deadline)
    @cython.locals(last=Timer, hole=Py_ssize_t)
    cpdef bint remove(self, Timer timer) except -1
    cdef bint before(self, Timer a, Timer b)
    @cython.locals(above=Timer)
    cdef void rise(self, Timer timer, Py_ssize_t hole)
    @cython.locals(below=Timer, child=Py_ssize_t)
    cdef void sink(self, Timer timer, Py_ssize_t hole)
