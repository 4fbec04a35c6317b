cimport cython
from aquavit.core cimport immutability, isolation, matching, native, process, receiving
from aquavit.core.ids cimport Alias, Pid, Ref
from aquavit.core.matching cimport Matcher
from aquavit.core.process cimport Process
from aquavit.core.receiving cimport Receive
from aquavit.core.runtime cimport Runtime

@cython.locals(p=Process)
cpdef Pid self()
@cython.locals(p=Process, runtime=Runtime)
cdef send_message(object dest, object message)
cdef receive_known(object wait)
cdef receive_new(object patterns)
@cython.locals(wait=Receive)
cdef describe_wait(tuple patterns, object timeout, object default)
cdef describe_known(Receive wait, object timeout, object default)
@cython.locals(matcher=Matcher)
cdef describe_new(tuple patterns, object timeout, object default)
@cython.locals(runtime=Runtime)
cdef pass_on(Process p, object value)
@cython.locals(p=Process, runtime=Runtime)
cdef send_elsewhere(object dest, object value)
cdef send_through(object address, object value)
@cython.locals(p=Process)
cdef send_to_node(tuple dest, object value)
@cython.locals(p=Process, runtime=Runtime)
cpdef Process find_name(str name, str caller)
@cython.locals(parent=Process, runtime=Runtime, p=Process)
cpdef Process start(object fn, tuple args, object name, str caller, object mailbox=*)
