cimport cython
from aquavit.core cimport native, process, stacks, watchdog
from aquavit.core.deadlines cimport Deadlines
from aquavit.core.mailbox cimport Message
from aquavit.core.matching cimport Matcher
from aquavit.core.process cimport Process, Rare
from aquavit.core.task cimport ProcessTask
from aquavit.core.timers cimport Timer

cdef int BUDGET, _STEPS
cdef double _LOOK
cdef object EXIT

cdef object exit_error(Process p)

@cython.final
cdef class Waker:
    cdef Scheduler scheduler
    cdef Process process

cdef class Scheduler(Deadlines):
    cdef readonly int budget
    cdef int pace
    cdef readonly bint looking
    cpdef int ended(self, Process p) except -1
    cpdef raised(self, Process p, object error)
    cpdef int close(self, Process p) except -1
    cpdef int lingers(self, Process p) except -1
    cpdef due(self, Timer timer)
    cpdef shut(self, Process p)
    @cython.locals(steps=int, now=double, p=Process)
    cpdef run_slice(self)
    cdef int set_pace(self, int steps, double seconds) except -1
    cdef int step(self, Process p) except -1
    cdef come_back(self, Process p, object outcome)
    @cython.locals(resume=int)
    cdef resume(self, Process p)
    cdef begin(self, Process p)
    cdef throw_in(self, Process p)
    cpdef drive(self, Process p)
    @cython.locals(rare=Rare)
    cpdef refuse_to_wait(self, Process p)
    cdef int stop_here(self, Process p) except -1
    cpdef bint may_take_off(self, Process p) except -1
    @cython.locals(rare=Rare)
    cpdef take_off(self, Process p)
    cdef wait_for(self, Process p, object future)
    cpdef future_done(self, Process p, object future)
    cdef int wake(self, Process p, int resume) except -1
    cdef wake_task(self, Process p)
    cpdef interrupt(self, Process p, object error)
    cpdef cancel(self, Process p, object message)
    cpdef uncancel(self, Process p)
    @cython.locals(matcher=Matcher, before=Message, message=Message, found=bint, looking=bint)
    cdef int offer(self, Process p, object value) except -1
    cdef int wake_found(self, Process p, Message before, Message message) except -1
    cdef int look_again(self, Process p) except -1
    cdef int abandon_wait(self, Process p) except -1
    @cython.locals(matcher=Matcher, message=Message, found=bint, looking=bint)
    cdef offer_guarded(self, Process p, Message before)
    @cython.locals(p=Process)
    cdef int fire(self, Timer timer) except -1
