cimport cython
from aquavit.core.ids cimport Alias, Pid, Ref
from aquavit.core.signals cimport Down

cdef class Pattern:
    cdef bint matches(self, object value) except -1

@cython.final
cdef class Nothing(Pattern):
    pass

@cython.final
cdef class Instance(Pattern):
    cdef object types

@cython.final
cdef class Guard(Pattern):
    cdef object function

@cython.final
cdef class Equal(Pattern):
    cdef object value, type
    cdef bint plain, strict

@cython.final
cdef class Sequence(Pattern):
    cdef object type
    cdef tuple items

@cython.final
cdef class Mapping(Pattern):
    cdef tuple keys, items

@cython.final
cdef class Record(Pattern):
    cdef object type
    cdef tuple names, items

@cython.locals(pattern=Pattern, index=Py_ssize_t)
cdef bint matches_all(tuple items, tuple values) except -1

cdef class Matcher:
    cdef Ref ref
    cdef bint asks
    cdef readonly tuple patterns
    cdef Pattern first
    cdef tuple others
    cdef public bint guarded
    cdef readonly bint lasting
    cdef public long long fresh
    @cython.locals(pattern=Pattern, index=Py_ssize_t)
    cpdef bint accepts(self, object value) except -1

@cython.locals(matcher=Matcher)
cpdef Matcher new_matcher(tuple patterns, tuple alternatives)
cdef dict _CACHE
cdef bint is_tag(object pattern) except -1
cdef bint same_ref(object value, Ref ref) except -1
@cython.locals(matcher=Matcher)
cdef Matcher tagged(tuple patterns, Ref ref)
cdef bint is_about(Down down, Ref ref) except -1

cdef Pattern ANYTHING

@cython.final
cdef class Compiler:
    @cython.locals(known=Matcher, matcher=Matcher)
    cdef Matcher known(self, tuple patterns)
    cdef bint lasting, guarded
    cdef long long newest
    cdef int depth
    @cython.locals(matcher=Matcher, fresh=object)
    cdef Matcher matcher(self, tuple patterns)
    cdef Pattern compile(self, object pattern)
    cdef Pattern identity(self, object pattern)
    cdef Pattern compile_other(self, object pattern)
    @cython.locals(compiled=list)
    cdef tuple all(self, object patterns)

cdef int check_depth(object pattern, int level) except -1
cpdef Matcher compile_patterns(tuple patterns)
@cython.locals(index=Py_ssize_t)
cdef bint identical(object a, object b) except -1
@cython.locals(matcher=Matcher)
cpdef Matcher answer_to(Ref ref)
