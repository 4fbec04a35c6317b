# C declarations only: `watchdog.h` is compiled into the modules that use it; the one Watch
# is `stacks.WATCH`.
cdef extern from "watchdog.h":
    ctypedef struct Watch "aq_watch":
        pass
    Watch *new "aq_watch_new" ()
    bint start "aq_watch_start" (Watch *watch, double slice, double patience)
    void stop "aq_watch_stop" (Watch *watch)
    void turn "aq_watch_turn" (Watch *watch, bint begins)
    void step "aq_watch_step" (Watch *watch)
    void beat "aq_watch_beat" (Watch *watch)
    bint overdue "aq_watch_overdue" (Watch *watch)
    double held "aq_watch_held" (Watch *watch)
    double silent "aq_watch_silent" (Watch *watch)
    void rest "aq_watch_rest" (Watch *watch)
    void again "aq_watch_again" (Watch *watch)
    bint between "aq_watch_between" ()
    bint traced "aq_watch_traced" ()
