from aquavit.core cimport native
from aquavit.core.ids cimport Alias, Pid, Ref

cpdef bint immutable(object value) except -1
cdef bint immutable_items(tuple value) except -1
cdef bint immutable_kind(object value, object cls) except -1
