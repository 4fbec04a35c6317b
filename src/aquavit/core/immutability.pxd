from aquavit.core cimport native
from aquavit.core.ids cimport Alias, Pid, Ref

cdef int _DEEPEST
cpdef bint immutable(object value) except -1
cdef bint immutable_at(object value, int depth) except -1
cdef bint immutable_items(tuple value, int depth) except -1
cdef bint immutable_kind(object value, object cls, int depth) except -1
