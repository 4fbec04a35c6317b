cimport cython
from aquavit.core cimport native, process, stacks, watchdog
from aquavit.core.process cimport Process, Rare
from aquavit.core.runtime cimport Runtime

cdef double BEAT, PATIENCE, LONG

@cython.locals(found=Process, between=bint)
cpdef on_signal(object number, object frame)
@cython.locals(runtime=Runtime, held=double)
cdef look_at_process(Process p, object frame, bint between)
@cython.locals(seconds=double)
cdef look_at_loop(object frame)
