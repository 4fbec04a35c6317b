cimport cython
from aquavit.core cimport native
from aquavit.core.matching cimport Matcher

cdef object EMPTY
cdef int _WORTH_MARKING, _MOST_MARKS

cdef class Message:
    cdef object value
    cdef Message next

@cython.no_gc
cdef class Mailbox:
    cdef readonly Message head, tail
    cdef Message cursor
    cdef Matcher matcher
    cdef readonly int count
    cdef public int limit
    cpdef drop_oldest(self)
    cdef list marks
    @cython.locals(message=Message, following=Message)
    cpdef void clear_mailbox(self) noexcept
    @cython.locals(message=Message)
    cpdef int push(self, object value) except -1
    @cython.locals(message=Message)
    cdef object remove_after(self, Message before)
    @cython.locals(before=Message)
    cdef object take_found(self)
    cpdef object pop(self)
    @cython.locals(message=Message, before=Message)
    cpdef object take(self, Matcher matcher)
    cdef bint holds(self, Message before, Message message)
    cpdef void mark(self, long long ref_id)
    cdef Message marked(self, long long ref_id)
    cdef void forget_mark(self, Message message, Message before)
    @cython.locals(message=Message)
    cpdef list contents(self)
