# C declarations only: `native.h` is compiled into the modules that use it.
cdef extern from "native.h":
    bint COMPILED "1"
    int prepare_markers "aq_prepare_markers" () except -1
    bint has_returned "aq_has_returned" (object outcome)
    bint has_failed "aq_has_failed" (object outcome)
    object returned "aq_returned" ()
    object step "aq_step" (object coroutine, object value)
    object take_error "aq_take_error" ()
    object fail "aq_fail" (object error)
    object throw "aq_throw" (object coroutine, object error)
    object call "aq_call" (object function, object arguments)
    object read_current "aq_current" ()
    void write_current "aq_set_current" (object process)
    size_t thread "aq_thread" ()
    bint is_only_thread "aq_is_only_thread" ()
    double read_clock "aq_read_clock" (object clock, object monotonic) except? -1
    object recent "aq_recent" (tuple patterns)
    void keep_recent "aq_keep_recent" (tuple patterns, object wait)
    Py_ssize_t context_size "aq_context_size" (object context)
    bint is_context "aq_is_context" (object context)
    ctypedef object (*Pair "aq_pair_function")(object, object)
    object fast_send "aq_fast_send" (object general, object doc, object module, Pair quick)
    ctypedef object (*Single "aq_single_function")(object)
    object fast_receive "aq_fast_receive" (
        object general, object doc, object module, object any, Single known, Single patterns)
    bint is_taken "aq_is_taken" (object value, Py_ssize_t owners)
    Py_ssize_t refcount "aq_refcount" (object value)
    bint is_plain_function "aq_is_plain_function" (object fn)
    bint is_closure "aq_is_closure" (object fn)
    object captured "aq_captured" (object fn, Py_ssize_t index)
    Py_ssize_t captured_count "aq_captured_count" (object fn)
    object twin "aq_twin" (object fn)
    bint is_coroutine "aq_is_coroutine" (object value)
    void untrack "aq_untrack" (object value)
    void untrack_list "aq_untrack_list" (object value)
    dict own_dict "aq_own_dict" ()
    void hide "aq_hide" (object coroutine)
    void show "aq_show" (object coroutine)
    int NEW "AQ_NEW"
    int READY "AQ_READY"
    int RUNNING "AQ_RUNNING"
    int WAITING "AQ_WAITING"
    int DEAD "AQ_DEAD"
    int NOTHING "AQ_NOTHING"
    int FOUND "AQ_FOUND"
    int TIMED_OUT "AQ_TIMED_OUT"
    int RETRY "AQ_RETRY"
    ctypedef object (*Poll "aq_poll_function")(object)
    void install_poll "aq_install_poll" (object type, Poll poll)
    void set_pending "aq_set_pending" ()
    bint take_pending "aq_take_pending" ()

cdef extern from "Python.h":
    int enter_context "PyContext_Enter" (object context) except -1
    int leave_context "PyContext_Exit" (object context) except -1
    object new_context "PyContext_New" ()
    object copy_current_context "PyContext_CopyCurrent" ()
