cimport cython
from aquavit.core.ids cimport Ref

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

@cython.locals(message=Exit)
cpdef Exit new_exit(object pid, object reason)
@cython.locals(message=Down)
cpdef Down new_down(Ref ref, object pid, object reason)
