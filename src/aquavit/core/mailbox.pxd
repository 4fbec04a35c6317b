cimport cython
from aquavit.core cimport native
from aquavit.core.matching cimport Matcher

cdef object EMPTY
cdef int _WORTH_MARKING, _MOST_MARKS

cdef class Message:
    cdef object value
    cdef Message next

cdef class Mark:
    cdef Message at
    cdef long long ref_id

@cython.no_gc
cdef class Mailbox:
    cdef readonly Message head, tail
    cdef Message cursor
    cdef object found
    cdef readonly signed char resume
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
    cdef int find(self, object value, Message before) except -1
    cdef object take_found(self)
    @cython.locals(message=Message, before=Message)
    cdef int put_back(self) except -1
    cpdef object pop(self)
    @cython.locals(message=Message, before=Message)
    cpdef object take(self, Matcher matcher)
    cdef bint holds(self, Message before, Message message)
    @cython.locals(mark=Mark)
    cpdef void mark(self, long long ref_id)
    @cython.locals(mark=Mark, index=Py_ssize_t)
    cdef Message marked(self, long long ref_id)
    @cython.locals(mark=Mark, index=Py_ssize_t)
    cdef int forget_mark(self, Message message, Message before) except -1
    @cython.locals(message=Message, found=bint)
    cpdef list contents(self)
