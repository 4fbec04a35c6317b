cimport cython
from aquavit.core cimport immutability, isolation, process
from aquavit.core.ids cimport Alias, Pid, Ref
from aquavit.core.process cimport Process
from aquavit.core.runtime cimport Runtime

cdef class Entry:
    cdef readonly object key
    cdef readonly Pid owner
    cdef readonly tuple pair
    cdef readonly Part part
    cdef object name
    cdef bint plain
    @cython.locals(p=Process)
    cdef bint lives(self) except -1
    cpdef tuple read(self)
    cpdef write(self, object value)

cdef class Part:
    cdef readonly dict keys, owners
    cdef public object server
    @cython.locals(entries=dict, entry=Entry)
    cpdef list take(self, object owner)
    @cython.locals(entries=dict)
    cpdef drop(self, Entry entry)
    cdef drop_key(self, Entry entry)
    cpdef clear(self)

cdef class Table:
    cdef readonly str name
    cdef readonly bint unique
    cdef readonly tuple listeners
    cdef readonly dict keys, meta
    cdef readonly list parts
    cpdef Part part_of(self, Pid owner)
    @cython.locals(part=Part, entry=Entry)
    cpdef add(self, Pid owner, object key, object value)
    @cython.locals(entry=Entry)
    cpdef Entry first(self, object key)
    @cython.locals(part=Part, entry=Entry, owned=dict)
    cpdef list own(self, Pid owner, object key)
    @cython.locals(entry=Entry, pairs=list)
    cpdef list lookup(self, object key)
    cpdef list by_part(self, object key)
    @cython.locals(entry=Entry, part=Part)
    cpdef list all(self)
    @cython.locals(part=Part, total=Py_ssize_t)
    cpdef count(self)

@cython.locals(found=dict, entry=Entry)
cdef list entries_of(Part part, object name)
@cython.locals(table=Table)
cpdef Table new_table(str name, bint unique, int parts, object listeners, object meta)
@cython.locals(part=Part)
cpdef Part new_part(Table table)
@cython.locals(p=Process, runtime=Runtime)
cpdef Table find(object name)
cpdef list lookup(object registry, object key)
cpdef canonical(object key)
cdef int _DEEPEST
cdef canonical_at(object key, int level)
cdef bint is_canonical(object key, int level) except -1
cdef bint all_canonical(tuple key, int level) except -1
@cython.locals(items=list)
cdef canonical_tuple(tuple key, int level)
cdef canonical_other(object key, object cls, int level)
