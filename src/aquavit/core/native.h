/* What Python cannot say: stepping a coroutine without StopIteration, the
 * current process of a thread, contexts entered without a call, `am_send`. */
#ifndef AQUAVIT_NATIVE_H
#define AQUAVIT_NATIVE_H
#include <Python.h>
#include <time.h>

#if defined(_MSC_VER)
#define AQ_THREAD_LOCAL static __declspec(thread)
#elif defined(__linux__)
/* initial-exec: one load instead of a call into the dynamic linker */
#define AQ_THREAD_LOCAL static __thread __attribute__((tls_model("initial-exec")))
#else
#define AQ_THREAD_LOCAL static __thread
#endif

/* The states of a process, see process.py. */
enum { AQ_NEW, AQ_READY, AQ_RUNNING, AQ_WAITING, AQ_DEAD };
/* What a process is resumed with. */
enum { AQ_NOTHING, AQ_FOUND, AQ_TIMED_OUT, AQ_RETRY };

/* Markers that `aq_step` returns in place of a yielded object: objects of our own, since
 * a coroutine may yield, and a function return, any object there is. */
static PyObject *aq_returned_marker, *aq_failed_marker;
#define AQ_RETURNED aq_returned_marker
#define AQ_FAILED aq_failed_marker
static inline int aq_prepare_markers(void) {
    aq_returned_marker = PyObject_CallNoArgs((PyObject *)&PyBaseObject_Type);
    aq_failed_marker = PyObject_CallNoArgs((PyObject *)&PyBaseObject_Type);
    return aq_returned_marker != NULL && aq_failed_marker != NULL ? 0 : -1;
}

static inline int aq_has_returned(PyObject *outcome) { return outcome == AQ_RETURNED; }
static inline int aq_has_failed(PyObject *outcome) { return outcome == AQ_FAILED; }
static inline PyObject *aq_returned(void) { return Py_NewRef(AQ_RETURNED); }

/* Send `value` into `coroutine`. New reference: the yielded object, RETURNED, or
 * FAILED with the exception left set for `aq_take_error`. Never NULL. */
static inline PyObject *aq_step(PyObject *coroutine, PyObject *value) {
    PyObject *result = NULL;
    sendfunc send = PyCoro_CheckExact(coroutine) ? PyCoro_Type.tp_as_async->am_send : PyIter_Send;
    switch (send(coroutine, value, &result)) {
    case PYGEN_NEXT:
        return result;
    case PYGEN_RETURN:
        Py_DECREF(result);
        return Py_NewRef(AQ_RETURNED);
    default:
        return Py_NewRef(AQ_FAILED);
    }
}

/* The exception that is set, normalised and with its traceback; clears it. */
static inline PyObject *aq_take_error(void) {
#if PY_VERSION_HEX >= 0x030C0000
    return PyErr_GetRaisedException();
#else
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != NULL) {
        PyException_SetTraceback(value, traceback);
        Py_DECREF(traceback);
    }
    Py_DECREF(type);
    return value;
#endif
}

static inline PyObject *aq_fail(PyObject *error) {
    PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    return Py_NewRef(AQ_FAILED);
}

/* Raise `error` inside `coroutine`; like aq_step. */
static inline PyObject *aq_throw(PyObject *coroutine, PyObject *error) {
    PyObject *result = PyObject_CallMethod(coroutine, "throw", "O", error);
    if (result != NULL) return result;
    if (!PyErr_ExceptionMatches(PyExc_StopIteration)) return Py_NewRef(AQ_FAILED);
    PyErr_Clear();
    return Py_NewRef(AQ_RETURNED);
}

/* fn(*arguments), or FAILED. */
static inline PyObject *aq_call(PyObject *fn, PyObject *arguments) {
    PyObject *result = PyObject_Call(fn, arguments, NULL);
    return result != NULL ? result : Py_NewRef(AQ_FAILED);
}

/* The process that this thread is stepping, borrowed: the scheduler holds it. */
AQ_THREAD_LOCAL PyObject *aq_current_slot = NULL;
static inline PyObject *aq_current(void) {
    return Py_NewRef(aq_current_slot != NULL ? aq_current_slot : Py_None);
}
static inline void aq_set_current(PyObject *process) {
    aq_current_slot = process == Py_None ? NULL : process;
}

/* Which thread runs: equal for two calls on one thread. */
static inline size_t aq_thread(void) { return (size_t)PyThreadState_Get(); }

/* True when no other thread has anything to do with Python. */
static inline int aq_is_only_thread(void) {
    PyInterpreterState *interpreter = PyThreadState_GetInterpreter(PyThreadState_Get());
    return PyThreadState_Next(PyInterpreterState_ThreadHead(interpreter)) == NULL;
}

/* The time in seconds by `clock`; time.monotonic is read without a call where that is the
 * same clock. */
static inline double aq_read_clock(PyObject *clock, PyObject *monotonic) {
#if defined(__linux__)
    struct timespec now;
    if (clock == monotonic && clock_gettime(CLOCK_MONOTONIC, &now) == 0) {
        return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
    }
#else
    (void)monotonic;
#endif
    PyObject *result = PyObject_CallNoArgs(clock);
    if (result == NULL) return -1.0;
    double seconds = PyFloat_AsDouble(result);
    Py_DECREF(result);
    return seconds;
}

/* How many variables a context holds. */
static inline Py_ssize_t aq_context_size(PyObject *context) {
    return Py_TYPE(context)->tp_as_mapping->mp_length(context);
}

/* True when `context` is the one that the thread is in. */
static inline int aq_is_context(PyObject *context) {
    return PyThreadState_Get()->context == context;
}

/* True when someone besides its `owners` holds the object, or a weak reference to it. */
static inline int aq_is_taken(PyObject *object, Py_ssize_t owners) {
    PyObject **list = (PyObject **)((char *)object + Py_TYPE(object)->tp_weaklistoffset);
    return Py_REFCNT(object) > owners || *list != NULL;
}
static inline Py_ssize_t aq_refcount(PyObject *object) { return Py_REFCNT(object); }

static inline int aq_is_coroutine(PyObject *object) { return PyCoro_CheckExact(object); }

/* Take a tuple of plain data out of the garbage collector's lists: it cannot be part of
 * a cycle, and a pile of queued messages should not be walked again and again. One that
 * holds anything tracked (an exception, a function) can be, and stays. */
static inline void aq_untrack(PyObject *tuple) {
    if (!PyObject_GC_IsTracked(tuple)) return;
    for (Py_ssize_t i = PyTuple_GET_SIZE(tuple); --i >= 0;) {
        if (PyObject_GC_IsTracked(PyTuple_GET_ITEM(tuple, i))) return;
    }
    PyObject_GC_UnTrack(tuple);
}

/* Take a list of the runtime's own out of the garbage collector's lists. Its items are
 * processes, timers or numbers, which the collector does not know, so no cycle passes
 * through it; but each full collection would look at every one of a million. */
static inline void aq_untrack_list(PyObject *list) {
    if (PyObject_GC_IsTracked(list)) PyObject_GC_UnTrack(list);
}

/* A dict of the runtime's own, likewise. Before 3.14 dicts of such things were untracked
 * by themselves. */
static inline PyObject *aq_own_dict(void) {
    PyObject *dict = PyDict_New();
    if (dict != NULL && PyObject_GC_IsTracked(dict)) PyObject_GC_UnTrack(dict);
    return dict;
}

/* Hide the coroutine of a living process from the garbage collector, and show it again when
 * the process lets it go. While it lives the process table holds it, so it cannot be
 * garbage; a million of them made each full collection walk for a third of a second. A
 * coroutine must be shown before it is deallocated. */
static inline void aq_hide(PyObject *coroutine) {
    if (PyCoro_CheckExact(coroutine) && PyObject_GC_IsTracked(coroutine))
        PyObject_GC_UnTrack(coroutine);
}
static inline void aq_show(PyObject *coroutine) {
    if (PyCoro_CheckExact(coroutine) && !PyObject_GC_IsTracked(coroutine))
        PyObject_GC_Track(coroutine);
}

/* Make `await` on `type` call `poll`, which returns the result, or what to yield after
 * calling `aq_set_pending`. Python 3.11 asks the am_send slot, at no further cost. From
 * 3.12 on it asks tp_iternext, which says by a StopIteration that the wait is over: one
 * exception object serves all waits, as nobody sees it but the interpreter. */
typedef PyObject *(*aq_poll_function)(PyObject *);
static aq_poll_function aq_poll = NULL;
AQ_THREAD_LOCAL int aq_pending = 0;
static inline void aq_set_pending(void) { aq_pending = 1; }
static inline int aq_take_pending(void) {
    int pending = aq_pending;
    aq_pending = 0;
    return pending;
}
static PyObject *aq_return_self(PyObject *self) { return Py_NewRef(self); }
static PyAsyncMethods aq_methods;
static inline void aq_install_methods(PyObject *type, aq_poll_function poll) {
    aq_poll = poll;
    aq_methods.am_await = aq_return_self;
    ((PyTypeObject *)type)->tp_as_async = &aq_methods;
    PyType_Modified((PyTypeObject *)type);
}
#if PY_VERSION_HEX >= 0x030C0000
static PyStopIterationObject *aq_stop = NULL;
/* End a wait with `result`, which is stolen. */
static PyObject *aq_stop_with(PyObject *result) {
    if (aq_stop == NULL || Py_REFCNT(aq_stop) > 1) {  /* somebody has kept it */
        PyObject *fresh = PyObject_CallNoArgs(PyExc_StopIteration);
        if (fresh == NULL) {
            Py_DECREF(result);
            return NULL;
        }
        Py_XDECREF(aq_stop);
        aq_stop = (PyStopIterationObject *)fresh;
    }
    Py_XSETREF(aq_stop->value, result);
    PyErr_SetRaisedException(Py_NewRef((PyObject *)aq_stop));
    return NULL;
}
static PyObject *aq_next(PyObject *self) {
    aq_pending = 0;
    PyObject *result = aq_poll(self);
    if (result == NULL) return NULL;
    if (!aq_take_pending()) return aq_stop_with(result);
    if (aq_stop != NULL && Py_REFCNT(aq_stop) == 1) Py_CLEAR(aq_stop->value);
    return result;
}
static inline void aq_install_poll(PyObject *type, aq_poll_function poll) {
    ((PyTypeObject *)type)->tp_iternext = aq_next;
    aq_install_methods(type, poll);
}
#else
static PySendResult aq_send(PyObject *self, PyObject *value, PyObject **result) {
    (void)value;
    aq_pending = 0;
    *result = aq_poll(self);
    if (*result == NULL) return PYGEN_ERROR;
    return aq_take_pending() ? PYGEN_NEXT : PYGEN_RETURN;
}
static inline void aq_install_poll(PyObject *type, aq_poll_function poll) {
    aq_methods.am_send = aq_send;
    aq_install_methods(type, poll);
}
#endif

/* The waits described last, each at the place that the identity of its patterns gives it:
 * patterns whose leaves are the same objects, however they are nested, say the same (a leaf
 * that may change is never kept, nor what is nested too deeply to be compiled, see
 * matching.py). */
static struct { PyObject *patterns, *wait; } aq_recent_waits[256];
static size_t aq_identity_hash(PyObject *const *items, Py_ssize_t count, int levels) {
    size_t hash = (size_t)count;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = items[i];
        hash = hash * 31 + (levels > 0 && PyTuple_CheckExact(item)
                                ? aq_identity_hash(&PyTuple_GET_ITEM(item, 0),
                                                   PyTuple_GET_SIZE(item), levels - 1)
                                : (size_t)item >> 4);
    }
    return hash;
}
static inline size_t aq_place(PyObject *const *items, Py_ssize_t count) {
    return aq_identity_hash(items, count, 8) & 255;
}
static int aq_is_identical(PyObject *const *these, PyObject *const *those, Py_ssize_t count) {
    for (Py_ssize_t i = count; --i >= 0;) {
        PyObject *a = these[i], *b = those[i];
        if (a == b) continue;
        if (!PyTuple_CheckExact(a) || !PyTuple_CheckExact(b)) return 0;
        if (PyTuple_GET_SIZE(a) != PyTuple_GET_SIZE(b)) return 0;
        if (!aq_is_identical(&PyTuple_GET_ITEM(a, 0), &PyTuple_GET_ITEM(b, 0), PyTuple_GET_SIZE(a)))
            return 0;
    }
    return 1;
}
/* The wait for these patterns, borrowed, or NULL. */
static PyObject *aq_find_recent(PyObject *const *items, Py_ssize_t count) {
    size_t place = aq_place(items, count);
    PyObject *known = aq_recent_waits[place].patterns;
    if (known == NULL || PyTuple_GET_SIZE(known) != count) return NULL;
    if (!aq_is_identical(items, &PyTuple_GET_ITEM(known, 0), count)) return NULL;
    return aq_recent_waits[place].wait;
}
static inline PyObject *aq_recent(PyObject *patterns) {
    PyObject *wait = aq_find_recent(&PyTuple_GET_ITEM(patterns, 0), PyTuple_GET_SIZE(patterns));
    return Py_NewRef(wait != NULL ? wait : Py_None);
}
static inline void aq_keep_recent(PyObject *patterns, PyObject *wait) {
    size_t place = aq_place(&PyTuple_GET_ITEM(patterns, 0), PyTuple_GET_SIZE(patterns));
    PyObject *old_patterns = aq_recent_waits[place].patterns;
    PyObject *old_wait = aq_recent_waits[place].wait;
    aq_recent_waits[place].patterns = Py_NewRef(patterns);
    aq_recent_waits[place].wait = Py_NewRef(wait);
    Py_XDECREF(old_patterns);
    Py_XDECREF(old_wait);
}

/* `send(dest, message)`, `receive()` and `receive(*patterns)`, the usual calls, in place of the general functions:
 * a compiled function looks for names among its arguments, and one that takes *args is
 * called through a tuple and a dict. */
typedef PyObject *(*aq_pair_function)(PyObject *, PyObject *);
static aq_pair_function aq_send_quick;
static PyObject *aq_send_general;
static PyObject *aq_send_message(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                 PyObject *names) {
    (void)self;
    if (count == 2 && names == NULL) return aq_send_quick(args[0], args[1]);
    return PyObject_Vectorcall(aq_send_general, args, (size_t)count, names);
}
static inline PyObject *aq_fast_send(PyObject *general, PyObject *doc, PyObject *module,
                                     aq_pair_function quick) {
    static PyMethodDef definition = {
        "send", (PyCFunction)(void (*)(void))aq_send_message, METH_FASTCALL | METH_KEYWORDS,
        NULL};
    /* Both live as long as the interpreter. */
    aq_send_general = Py_NewRef(general);
    definition.ml_doc = PyUnicode_AsUTF8(Py_NewRef(doc));
    aq_send_quick = quick;
    return PyCFunction_NewEx(&definition, NULL, module);
}
typedef PyObject *(*aq_single_function)(PyObject *);
static aq_single_function aq_receive_known, aq_receive_patterns;
static PyObject *aq_receive_general, *aq_receive_any;
static PyObject *aq_receive(PyObject *self, PyObject *const *args, Py_ssize_t count,
                            PyObject *names) {
    (void)self;
    if (names != NULL) return PyObject_Vectorcall(aq_receive_general, args, (size_t)count, names);
    PyObject *known = count == 0 ? aq_receive_any : aq_find_recent(args, count);
    if (known != NULL) return aq_receive_known(known);
    PyObject *patterns = PyTuple_New(count);
    if (patterns == NULL) return NULL;
    for (Py_ssize_t i = 0; i < count; i++) PyTuple_SET_ITEM(patterns, i, Py_NewRef(args[i]));
    PyObject *wait = aq_receive_patterns(patterns);
    Py_DECREF(patterns);
    return wait;
}
static inline PyObject *aq_fast_receive(PyObject *general, PyObject *doc, PyObject *module,
                                        PyObject *any, aq_single_function known,
                                        aq_single_function patterns) {
    static PyMethodDef definition = {
        "receive", (PyCFunction)(void (*)(void))aq_receive, METH_FASTCALL | METH_KEYWORDS, NULL};
    /* These live as long as the interpreter. */
    aq_receive_general = Py_NewRef(general);
    aq_receive_any = Py_NewRef(any);
    definition.ml_doc = PyUnicode_AsUTF8(Py_NewRef(doc));
    aq_receive_known = known;
    aq_receive_patterns = patterns;
    return PyCFunction_NewEx(&definition, NULL, module);
}

/* A function that has captured nothing. */
static inline int aq_is_plain_function(PyObject *fn) {
    return PyFunction_Check(fn) && PyFunction_GET_CLOSURE(fn) == NULL;
}
static inline int aq_is_closure(PyObject *fn) {
    return PyFunction_Check(fn) && PyFunction_GET_CLOSURE(fn) != NULL;
}

/* The value that `fn` has captured at `index`, or NotImplemented: not assigned yet. */
static inline PyObject *aq_captured(PyObject *fn, Py_ssize_t index) {
    PyObject *value = PyCell_GET(PyTuple_GET_ITEM(PyFunction_GET_CLOSURE(fn), index));
    return Py_NewRef(value != NULL ? value : Py_NotImplemented);
}
static inline Py_ssize_t aq_captured_count(PyObject *fn) {
    return PyTuple_GET_SIZE(PyFunction_GET_CLOSURE(fn));
}

/* The same function with cells of its own that hold the same values. */
static inline PyObject *aq_twin(PyObject *fn) {
    PyFunctionObject *old = (PyFunctionObject *)fn, *new;
    Py_ssize_t count = aq_captured_count(fn);
    PyObject *cells = PyTuple_New(count);
    if (cells == NULL) return NULL;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *cell = PyCell_New(PyCell_GET(PyTuple_GET_ITEM(old->func_closure, i)));
        if (cell == NULL) {
            Py_DECREF(cells);
            return NULL;
        }
        PyTuple_SET_ITEM(cells, i, cell);
    }
    new = (PyFunctionObject *)PyFunction_NewWithQualName(old->func_code, old->func_globals,
                                                         old->func_qualname);
    if (new == NULL) {
        Py_DECREF(cells);
        return NULL;
    }
    new->func_closure = cells;
    Py_XSETREF(new->func_defaults, Py_XNewRef(old->func_defaults));
    Py_XSETREF(new->func_kwdefaults, Py_XNewRef(old->func_kwdefaults));
    Py_XSETREF(new->func_module, Py_XNewRef(old->func_module));
    Py_SETREF(new->func_name, Py_NewRef(old->func_name));
    if (old->func_dict != NULL) {
        Py_XSETREF(new->func_dict, PyDict_Copy(old->func_dict));
    }
    return (PyObject *)new;
}
#endif
