cimport cython
from aquavit.core cimport mailbox, native, process, receiving, requests
from aquavit.core.signals cimport Call, Cast, Method

cdef class Turns:
    cdef public object module, name, from_, message, parent, debug
    cdef public bint suspended
    cdef bint is_for_loop(self, object message) except -1
    cpdef reply(self, object from_, object value)

cdef class RequestTurns(Turns):
    cdef public object handle_call, special
    cdef public dict calls, casts
    cpdef begin(self, object message)
    cdef dispatch(self, object message)
    cdef serve_call(self, Call call)
    cdef serve_cast(self, Cast cast)
    @cython.locals(count=Py_ssize_t)
    cdef invoke(self, dict methods, Method request, str verb)
    cpdef finish(self, object result)

cdef class EventTurns(Turns):
    cdef public object callback, stay, answer
    cdef public dict zero, running
    cpdef begin(self, object message)
    cpdef handle(self, object event)
    cdef bint is_awaited(self, Call call) except -1
    cpdef finish(self, object result)
