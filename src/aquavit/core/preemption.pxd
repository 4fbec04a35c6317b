cimport cython
from aquavit.core cimport native, process, stacks, watchdog
from aquavit.core.process cimport Process, Rare
from aquavit.core.runtime cimport Runtime

cdef double BEAT, PATIENCE, LONG

@cython.locals(p=Process, runtime=Runtime, held=double, between=bint)
cpdef on_signal(object number, object frame)
cdef _guard(Process p, Runtime runtime, object frame)
@cython.locals(seconds=double)
cdef look_at_loop(object frame)
