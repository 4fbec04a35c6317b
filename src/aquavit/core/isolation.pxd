from aquavit.core cimport immutability

cpdef isolate(object value)
cpdef isolate_callable(object fn)
