/* The watchdog: a native thread that sees, without the GIL, when one step lasts too long,
 * and when the event loop has not come round. It only counts, and sends SIGURG.
 *
 * The scheduler's thread writes `turn`, `step` and `beaten`; the watchdog writes `overdue`
 * and `suspect`. While nothing hogs, a step costs one store. */
#ifndef AQUAVIT_WATCHDOG_H
#define AQUAVIT_WATCHDOG_H
#include <Python.h>
#include <stdlib.h>

#if defined(_WIN32)
/* No signals to a thread: there is no preemption, see preemption.py. */
typedef struct { int overdue; } aq_watch;
static inline aq_watch *aq_watch_new(void) { return (aq_watch *)calloc(1, sizeof(aq_watch)); }
static inline int aq_watch_start(aq_watch *watch, double slice, double patience) { return 0; }
static inline void aq_watch_stop(aq_watch *watch) {}
static inline void aq_watch_turn(aq_watch *watch, int begins) {}
static inline void aq_watch_step(aq_watch *watch) {}
static inline void aq_watch_beat(aq_watch *watch) {}
static inline int aq_watch_overdue(aq_watch *watch) { return 0; }
static inline double aq_watch_held(aq_watch *watch) { return 0.0; }
static inline double aq_watch_silent(aq_watch *watch) { return 0.0; }
static inline void aq_watch_rest(aq_watch *watch) {}
static inline void aq_watch_again(aq_watch *watch) {}
static inline int aq_watch_between(void) { return 0; }
static inline int aq_watch_traced(void) { return 0; }
#else
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#if PY_VERSION_HEX < 0x030D0000
#undef _PyGC_FINALIZED /* both headers have it */
#define Py_BUILD_CORE 1
#include <internal/pycore_runtime.h>
#undef Py_BUILD_CORE
#endif

/* Turns begun ago that keep the watchdog at its quick pace, in ticks. */
#define AQ_WATCH_AWAKE 40
/* Seconds between two looks while nothing runs. */
#define AQ_WATCH_SLOW 0.02
/* Seconds for which no signal follows when the handler is to be called again anyway. */
#define AQ_WATCH_HELD_BACK 0.05

typedef struct {
    volatile int running;      /* the thread shall go on */
    volatile int active;       /* a turn of the scheduler is under way */
    volatile int overdue;      /* the turn has lasted one tick more */
    volatile int slow;         /* the watchdog waits at its slow pace */
    volatile unsigned long turn, step;
    volatile unsigned long suspect; /* the step that is held */
    volatile double since;          /* when it was first seen */
    volatile double beaten;         /* when the loop last came round */
    volatile int asking;            /* the handler has asked to be called again */
    volatile double asked;          /* when it did */
    double slice, patience;
    pthread_t target, thread;
    pid_t owner;
    pthread_mutex_t lock;
    pthread_cond_t wake;            /* from the slow pace */
} aq_watch;
/* One for the program: a signal handler can serve the main thread only. */
static inline aq_watch *aq_watch_new(void) {
    aq_watch *watch = (aq_watch *)calloc(1, sizeof(aq_watch));
    pthread_mutex_init(&watch->lock, NULL);
    pthread_cond_init(&watch->wake, NULL);
    return watch;
}

static double aq_watch_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Wait `seconds`, at the slow pace until a turn begins. */
static void aq_watch_pause(aq_watch *watch, double seconds, int slow) {
    struct timespec until;
    if (!slow) {
        until.tv_sec = (time_t)seconds;
        until.tv_nsec = (long)((seconds - (double)until.tv_sec) * 1e9);
        nanosleep(&until, NULL);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (long)(AQ_WATCH_SLOW * 1e9);
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec += 1;
    }
    pthread_mutex_lock(&watch->lock);
    if (watch->slow && watch->running)
        pthread_cond_timedwait(&watch->wake, &watch->lock, &until);
    watch->slow = 0;
    pthread_mutex_unlock(&watch->lock);
}

static void *aq_watch_main(void *given) {
    aq_watch *watch = given;
    unsigned long turn = 0;
    double signalled = 0.0, tick = watch->slice / 4;
    int quiet = 0;
    if (tick > 0.0025) tick = 0.0025;
    watch->beaten = aq_watch_clock();
    while (watch->running) {
        int slow = quiet > AQ_WATCH_AWAKE;
        if (slow) {
            /* Announce the nap first: a turn that begins meanwhile sees it, and wakes. */
            __atomic_store_n(&watch->slow, 1, __ATOMIC_SEQ_CST);
            if (__atomic_load_n(&watch->turn, __ATOMIC_SEQ_CST) != turn) {
                watch->slow = slow = 0;
                quiet = 0;
            }
        }
        aq_watch_pause(watch, tick, slow);
        double now = aq_watch_clock();
        int same_turn = watch->turn == turn;
        turn = watch->turn;
        if (watch->active) {
            quiet = 0;
            if (same_turn) watch->overdue = 1;
            if (watch->suspect != watch->step) {
                watch->since = now;
                watch->suspect = watch->step;
            } else if (now - watch->since >= watch->slice - 1.5 * tick &&
                       now - signalled >= (now - watch->since < 0.1 ? tick : 4 * tick) &&
                       !(watch->asking && now - watch->asked < AQ_WATCH_HELD_BACK)) {
                signalled = now;
                pthread_kill(watch->target, SIGURG);
            }
        } else {
            quiet = same_turn ? quiet + 1 : 0;
            if (now - watch->beaten >= watch->patience && now - signalled >= 0.02) {
                signalled = now;
                pthread_kill(watch->target, SIGURG);
            }
        }
    }
    return NULL;
}

static inline void aq_watch_stop(aq_watch *watch) {
    if (!watch->running) return;
    watch->running = 0;
    if (watch->owner != getpid()) { /* a fork has no copy of the thread, which may hold the lock */
        pthread_mutex_init(&watch->lock, NULL);
        pthread_cond_init(&watch->wake, NULL);
        return;
    }
    pthread_mutex_lock(&watch->lock);
    pthread_cond_signal(&watch->wake);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread, NULL);
}

/* Watch the calling thread. Returns whether there is a watchdog now. */
static inline int aq_watch_start(aq_watch *watch, double slice, double patience) {
    sigset_t all, before;
    int failed;
    aq_watch_stop(watch);
    watch->slice = slice;
    watch->patience = patience;
    watch->target = pthread_self();
    watch->owner = getpid();
    watch->active = watch->overdue = watch->slow = 0;
    watch->running = 1;
    /* The program's signals are for its own threads. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&watch->thread, NULL, aq_watch_main, watch);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) watch->running = 0;
    return !failed;
}

/* A turn of the scheduler begins, or is over. */
static inline void aq_watch_turn(aq_watch *watch, int begins) {
    if (!begins) {
        watch->active = 0;
        watch->beaten = aq_watch_clock(); /* the loop goes on */
        return;
    }
    watch->overdue = 0;
    watch->step++;
    watch->active = 1;
    __atomic_store_n(&watch->turn, watch->turn + 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&watch->slow, __ATOMIC_SEQ_CST)) {
        pthread_mutex_lock(&watch->lock);
        watch->slow = 0;
        pthread_cond_signal(&watch->wake);
        pthread_mutex_unlock(&watch->lock);
    }
}
static inline void aq_watch_step(aq_watch *watch) { watch->step++; }
static inline void aq_watch_beat(aq_watch *watch) { watch->beaten = aq_watch_clock(); }
/* True once for each tick that the turn has lasted beyond its first. */
static inline int aq_watch_overdue(aq_watch *watch) {
    if (!watch->overdue) return 0;
    watch->overdue = 0;
    return 1;
}

/* Seconds that the present step has lasted at least; 0 when it is a fresh one. */
static inline double aq_watch_held(aq_watch *watch) {
    if (!watch->running || !watch->active || watch->suspect != watch->step) return 0.0;
    return aq_watch_clock() - watch->since;
}
/* Seconds since the loop has come round, when that is too long; else 0. */
static inline double aq_watch_silent(aq_watch *watch) {
    double seconds = aq_watch_clock() - watch->beaten;
    return watch->running && !watch->active && seconds >= watch->patience ? seconds : 0.0;
}
/* Expect no beat before the next one: the loop does not run. */
static inline void aq_watch_rest(aq_watch *watch) { watch->beaten = 1e300; }
/* Let the handler be called between two bytecodes. A pending call, unlike a signal, is never
 * made inside a call of C code. */
static int aq_watch_ask(void *watch) {
    ((aq_watch *)watch)->asking = 0;
    PyErr_SetInterruptEx(SIGURG);
    return 0;
}
static inline void aq_watch_again(aq_watch *watch) {
    watch->asked = aq_watch_clock();
    if (!watch->asking) watch->asking = Py_AddPendingCall(aq_watch_ask, watch) == 0;
}
/* True in a handler that the interpreter has called between two bytecodes: it takes down the
 * flag of signals that wait before it does. A call of C code that looks for signals does not,
 * and may hold a lock, or have half done what it does. */
static inline int aq_watch_between(void) {
#if PY_VERSION_HEX >= 0x030D0000
    return !(PyThreadState_Get()->eval_breaker & 2); /* _PY_SIGNALS_PENDING_BIT */
#else
    return !_Py_atomic_load_relaxed(&_PyRuntime.ceval.signals_pending);
#endif
}
/* True inside a trace or profile function. */
static inline int aq_watch_traced(void) { return PyThreadState_Get()->tracing > 0; }
#endif
#endif
