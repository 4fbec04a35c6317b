cimport cython
from aquavit.core cimport immutability, native

cpdef isolate(object value, str what=*)
cpdef isolate_callable(object fn)
cpdef isolate_reason(object reason)
@cython.locals(index=Py_ssize_t, value=object)
cdef bint captures_immutable(object fn) except -1
