cimport cython
from aquavit.core cimport native, relations
from aquavit.core.ids cimport Alias
from aquavit.core.process cimport Process
from aquavit.core.relations cimport From
from aquavit.core.scheduler cimport Scheduler

cdef class Delivery(Scheduler):
    cdef readonly size_t thread
    cpdef int deliver(self, Process p, object value) except -1
    @cython.locals(owner=Process)
    cpdef deliver_to_alias(self, Alias alias, object value)
    cdef deliver_reply(self, From from_, Process owner, object value)
    cpdef bint is_here(self) except -1
    cpdef deliver_from_thread(self, object dest, object value)
    cpdef deliver_later(self, object dest, object value)
