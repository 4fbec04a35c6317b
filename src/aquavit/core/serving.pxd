cimport cython
from aquavit.core cimport mailbox, native, process, receiving, requests
from aquavit.core.signals cimport Call, Cast, Method

cdef class Turns:
    cdef public object module, handle_call, from_, message, parent, debug, special
    cdef public dict calls, casts
    cpdef begin(self, object message)
    cdef dispatch(self, object message)
    cdef serve_call(self, Call call)
    cdef serve_cast(self, Cast cast)
    @cython.locals(count=Py_ssize_t)
    cdef invoke(self, dict methods, Method request, str verb)
    cpdef finish(self, object result)
