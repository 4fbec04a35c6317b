cimport cython
from aquavit.core cimport native, process, relations, signals
from aquavit.core.ids cimport Alias, Pid, Ref
from aquavit.core.process cimport Process
from aquavit.core.relations cimport From
from aquavit.core.runtime cimport Runtime
from aquavit.core.signals cimport Down
from aquavit.core.timers cimport Timer

cdef int MESSAGE, EXIT, TO_ALIAS

cdef class Channel:
    cdef readonly Process sender, receiver
    cdef readonly list signals

cdef class SimulatedRuntime(Runtime):
    cdef public object choose, log, before_move
    cdef readonly object callbacks
    cdef readonly bint delays
    cdef readonly double lag, virtual, since
    cdef public bint over, asks_always, looked
    cdef readonly long long moves, signals
    cdef public long long most_moves
    cdef readonly list flying, runnable, ripe
    cdef Process origin, chosen
    cpdef bint run(self) except -1
    cdef bint move(self) except -1
    @cython.locals(runnable=list, p=Process, total=Py_ssize_t)
    cdef Py_ssize_t count_moves(self) except -1
    @cython.locals(timer=Timer, limit=double)
    cdef find_ripe(self)
    cdef bint is_idle(self) except -1
    @cython.locals(timer=Timer)
    cdef bint pass_time(self) except -1
    @cython.locals(before=Process, each=Process)
    cdef int step_chosen(self, Process p) except -1
    @cython.locals(p=Process)
    cpdef run_slice(self)
    cdef int call_back(self) except -1
    @cython.locals(p=Process)
    cdef int fire_chosen(self, Timer timer) except -1
    cdef Process sender(self, Process p)
    @cython.locals(owner=Process, sender=Process)
    cpdef deliver_to_alias(self, Alias alias, object value)
    @cython.locals(channel=Channel)
    cdef put(self, Process sender, Process p, tuple signal)
    @cython.locals(p=Process, signal=tuple, alias=Alias)
    cdef arrive(self, Channel channel)
    @cython.locals(channel=Channel)
    cdef Process dead_sender(self, object pid, Process p)
    @cython.locals(channel=Channel)
    cdef int flush(self, object sender, Process p) except -1
    @cython.locals(channel=Channel, before=Py_ssize_t)
    cpdef int forget(self, Process p, object what) except -1
    @cython.locals(channel=Channel, signal=tuple, p=Process, timer=Timer)
    cpdef list moves_now(self)
    cpdef known_as(self, Process p)
    cdef int land(self, Process p, object value) except -1
    cdef int note(self, str what, Process sender, Process p, object value) except -1

cdef bint comes_from(Process sender, object wanted) except -1
cdef bint is_bounded(Process p) except -1
cdef bint is_answer(object value) except -1
cdef bint is_about(tuple signal, object what) except -1
cdef object ref_of_down(object value)
