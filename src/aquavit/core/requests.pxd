cimport cython
from aquavit.core cimport calls, immutability, isolation, matching, native, process, receiving
from aquavit.core cimport relations, signals
from aquavit.core.ids cimport Pid
from aquavit.core.process cimport Process
from aquavit.core.receiving cimport Receive
from aquavit.core.relations cimport From
from aquavit.core.runtime cimport Runtime
from aquavit.core.signals cimport Down, Method, System

cdef class Asking:
    cdef object server, request, timeout
    cdef bint system, sent
    cdef Process owner
    cdef readonly From from_
    cdef Receive wait
    cpdef step(self)
    cpdef abandon(self)

cpdef call(object server, object request, object timeout=*)

cdef class ClientMethod:
    cdef readonly str name
    cdef readonly object function, timeout
    cdef readonly bint waits
    cdef readonly int arity
    cpdef check(self, object server, object args, object kwargs)

cdef warn_of_unsent(object server, object request)
@cython.locals(asking=Asking)
cpdef Asking new_asking(object server, object request, object timeout, bint system)
@cython.locals(asking=Asking)
cdef object poll(object wait)
@cython.locals(p=Process, runtime=Runtime, target=Process, seconds=double, from_=From)
cdef ask(Asking asking)
@cython.locals(runtime=Runtime, from_=From, deadline=double)
cdef From expect_reply(Asking asking, Process p, Process target, double seconds)
@cython.locals(asking=Asking)
cpdef Asking join(Process p, Process target, object timeout)
@cython.locals(method=Method)
cdef object isolated(object request)
@cython.locals(down=Down)
cdef answer(Asking asking, object message)
cpdef awaitable(Asking asking)
@cython.locals(owner=Process, runtime=Runtime, to=From)
cpdef reply(object from_, object value)
@cython.locals(p=Process, runtime=Runtime)
cpdef bint is_late(From from_) except -1
@cython.locals(p=Process)
cpdef cast(object server, object request)
@cython.locals(pid=Pid)
cpdef Process find(object server, str caller)
cdef int arity_of(object function) except -2
cpdef bint is_name_at_node(object server) except -1
@cython.locals(seconds=double)
cpdef double check_timeout(object timeout, str caller=*) except -1
