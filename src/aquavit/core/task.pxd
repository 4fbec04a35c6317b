from aquavit.core cimport native
from aquavit.core cimport process as _process
from aquavit.core.process cimport Process

cdef class ProcessTask:
    cdef object __weakref__
    cdef public Process process
    cdef readonly object scheduler, pid, reason
    cdef public int cancel_requests
    cdef list callbacks
    cpdef Process _owner(self)
