cimport cython
from aquavit.core cimport mailbox, matching, native, process
from aquavit.core.matching cimport Matcher
from aquavit.core.process cimport Process
from aquavit.core.runtime cimport Runtime

cdef object NO_DEFAULT, LATE
cdef double FOREVER
cdef bint DIRECT
cdef object _WAIT
cpdef awaitable(Receive receive)

cdef Matcher _SLEEPING

cdef class Receive:
    cdef Matcher matcher
    cdef object timeout, default
    cdef double deadline
    cdef Process owner
    cdef bint shared
    cdef readonly object future
    cpdef step(self)

cdef Receive ANY

@cython.locals(receive=Receive)
cpdef Receive new_receive(Matcher matcher, object timeout, object default)
@cython.locals(receive=Receive)
cdef Receive new_shared(Matcher matcher)
@cython.locals(receive=Receive)
cpdef Receive new_wait(Process owner, Matcher matcher, double deadline)
cpdef Receive new_sleep(object seconds)
@cython.locals(p=Process, runtime=Runtime, outcome=int)
cdef object poll(object wait)
cdef object drive(Receive receive)
cdef bint is_pending() except -1
@cython.locals(runtime=Runtime, seconds=double)
cdef begin(Receive receive, Process p)
@cython.locals(runtime=Runtime)
cdef take_next(Process p)
cdef pend(Process p, object yielded)
@cython.locals(runtime=Runtime, seconds=double, p=Process, outcome=int)
cdef poll_adopted(Receive receive)
cdef expired(Receive receive)
cdef _wrong_owner(Receive receive, Process p)
cdef double check_timeout(Receive receive) except -1
