cimport cython
from aquavit.core.ids cimport Alias, Ref

cdef class SystemMessage:
    pass

@cython.final
cdef class Exit(SystemMessage):
    cdef readonly object pid, reason

@cython.final
cdef class Down(SystemMessage):
    cdef readonly object ref, pid, reason

@cython.final
cdef class NodeUp(SystemMessage):
    cdef readonly object node

@cython.final
cdef class NodeDown(SystemMessage):
    cdef readonly object node, reason

@cython.final
cdef class Call(SystemMessage):
    cdef readonly object request
    cdef readonly Alias from_

@cython.final
cdef class Cast(SystemMessage):
    cdef readonly object request

@cython.final
cdef class Method(SystemMessage):
    cdef readonly str name
    cdef readonly tuple args
    cdef readonly dict kwargs

@cython.final
cdef class System(SystemMessage):
    cdef readonly object request
    cdef readonly Alias from_

@cython.locals(message=Exit)
cpdef Exit new_exit(object pid, object reason)
@cython.locals(message=Down)
cpdef Down new_down(Ref ref, object pid, object reason)
cpdef object told_down(Ref ref, object pid, object reason, object tag)
@cython.locals(message=Method)
cpdef Method new_method(str name, tuple args, dict kwargs)
@cython.locals(message=Call)
cpdef Call new_call(object request, Alias from_)
@cython.locals(message=Cast)
cpdef Cast new_cast(object request)
