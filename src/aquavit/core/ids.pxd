cimport cython

cdef class _Counter:
    cdef public long long value

cdef _Counter PIDS
cdef _Counter REFS

# No cycle can pass through these while the process lives that the runtime does not
# break when it dies, so the garbage collector need not know them.
@cython.no_gc
cdef class Pid:
    cdef readonly object process
    cdef readonly long long id

@cython.no_gc
cdef class Ref:
    cdef readonly long long id

@cython.no_gc
cdef class Alias(Ref):
    cdef readonly Pid pid

@cython.locals(pid=Pid)
cpdef Pid new_pid(object process)
@cython.locals(ref=Ref)
cpdef Ref new_ref()
@cython.locals(alias=Alias)
cpdef Alias new_alias(Pid pid)
@cython.locals(pid=Pid)
cpdef Pid restore_pid(long long number, long long slot)
@cython.locals(ref=Ref)
cpdef Ref restore_ref(long long number)
@cython.locals(alias=Alias)
cpdef Alias restore_alias(long long number, Pid pid)
