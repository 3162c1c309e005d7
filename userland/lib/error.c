/*
 * userland/lib/error.c: errors, types, states and faults in words (ABI-7, ABI-8).
 *
 * The switches have no default: a number added to the ABI does not compile until it has a name here.
 */
#include <stdio.h>
#include <stdlib.h>

#include "userland/lib/start.h"
#include "userland/lib/tess.h"

static const struct {
    const char *name;
    const char *meaning;
} errors[] = {
    [TESS_OK] = {"OK", "no error"},
    [TESS_ERR_OPERATION] = {"OPERATION", "there is no such operation"},
    [TESS_ERR_ADDRESS] = {"ADDRESS", "the capability address leads nowhere"},
    [TESS_ERR_TYPE] = {"TYPE", "the capability has the wrong type"},
    [TESS_ERR_RIGHTS] = {"RIGHTS", "the capability lacks a right"},
    [TESS_ERR_ARGUMENT] = {"ARGUMENT", "the value means nothing here"},
    [TESS_ERR_RANGE] = {"RANGE", "the value is too small or too large"},
    [TESS_ERR_ALIGNMENT] = {"ALIGNMENT", "the value is not aligned"},
    [TESS_ERR_OCCUPIED] = {"OCCUPIED", "the destination slot is not empty"},
    [TESS_ERR_MEMORY] = {"MEMORY", "the untyped memory is too small"},
    [TESS_ERR_CHILDREN] = {"CHILDREN", "the capability has children"},
    [TESS_ERR_DERIVE] = {"DERIVE", "this capability cannot be copied"},
    [TESS_ERR_MAPPED] = {"MAPPED", "it is mapped already, or the place is taken"},
    [TESS_ERR_UNMAPPED] = {"UNMAPPED", "it is not mapped"},
    [TESS_ERR_TABLE] = {"TABLE", "a page table is missing"},
    [TESS_ERR_BOUND] = {"BOUND", "it is bound already"},
    [TESS_ERR_UNBOUND] = {"UNBOUND", "something needed is not bound"},
    [TESS_ERR_WOULD_BLOCK] = {"WOULD_BLOCK", "no partner waits"},
    [TESS_ERR_CANCELLED] = {"CANCELLED", "the partner or the operation went away"},
    [TESS_ERR_NO_REPLY] = {"NO_REPLY", "the receiver offered no Reply object"},
    [TESS_ERR_NO_CONTEXT] = {"NO_CONTEXT", "a thread would be left without a scheduling context"},
    [TESS_ERR_NO_BUFFER] = {"NO_BUFFER", "the thread has no IPC buffer"},
    [TESS_ERR_BUSY] = {"BUSY", "a thread waits on the object"},
    [TESS_ERR_UNSUPPORTED] = {"UNSUPPORTED", "this machine cannot do it"},
};
_Static_assert(sizeof errors / sizeof errors[0] == TESS_ERR_COUNT, "every error has a name");

const char *tess_strerror(enum tess_error error)
{
    return (unsigned)error < TESS_ERR_COUNT ? errors[error].meaning : "an unknown error";
}

const char *tess_error_name(enum tess_error error)
{
    return (unsigned)error < TESS_ERR_COUNT ? errors[error].name : "?";
}

const char *tess_argument_name(unsigned argument)
{
    static char text[40];

    switch (argument) {
    case TESS_ARG_CAPABILITY:
        return "capability";
    case TESS_ARG_INFO:
        return "message information";
    case TESS_ARG_REPLY:
        return "Reply capability";
    case TESS_ARG_OPERATION:
        return "operation";
    }
    if (argument >= TESS_ARG_WORD(0) && argument <= TESS_ARG_WORD(7))
        snprintf(text, sizeof text, "word %u", argument - TESS_ARG_WORD(0));
    else if (argument >= TESS_ARG_TRANSFER(0))
        snprintf(text, sizeof text, "transferred capability %u", argument - TESS_ARG_TRANSFER(0));
    else
        snprintf(text, sizeof text, "argument %u", argument);
    return text;
}

const char *tess_type_name(enum tess_type type)
{
    static const char *const names[TESS_TYPE_COUNT] = {
        [TESS_TYPE_NULL] = "null",
        [TESS_TYPE_UNTYPED] = "untyped",
        [TESS_TYPE_CNODE] = "cnode",
        [TESS_TYPE_TCB] = "tcb",
        [TESS_TYPE_ENDPOINT] = "endpoint",
        [TESS_TYPE_NOTIFICATION] = "notification",
        [TESS_TYPE_REPLY] = "reply",
        [TESS_TYPE_SCHED_CONTEXT] = "sched-context",
        [TESS_TYPE_SCHED_CONTROL] = "sched-control",
        [TESS_TYPE_FRAME] = "frame",
        [TESS_TYPE_PAGE_TABLE] = "page-table",
        [TESS_TYPE_VSPACE] = "vspace",
        [TESS_TYPE_IRQ_CONTROL] = "irq-control",
        [TESS_TYPE_IRQ_HANDLER] = "irq-handler",
        [TESS_TYPE_FP] = "fp",
        [TESS_TYPE_FIRMWARE] = "firmware",
        [TESS_TYPE_TIMER] = "timer",
    };

    return (unsigned)type < TESS_TYPE_COUNT ? names[type] : "?";
}

const char *tess_fault_name(enum tess_fault fault)
{
    switch (fault) {
    case TESS_FAULT_NONE:
        return "none";
    case TESS_FAULT_READ:
        return "read";
    case TESS_FAULT_WRITE:
        return "write";
    case TESS_FAULT_EXECUTE:
        return "execute";
    case TESS_FAULT_ILLEGAL:
        return "illegal instruction";
    case TESS_FAULT_FP:
        return "floating point without an FP object";
    case TESS_FAULT_BREAKPOINT:
        return "breakpoint";
    case TESS_FAULT_MISALIGNED:
        return "misaligned access";
    case TESS_FAULT_ACCESS:
        return "access refused by the machine";
    case TESS_FAULT_CAPABILITY:
        return "bad capability address";
    case TESS_FAULT_TIMEOUT:
        return "budget exhausted";
    case TESS_FAULT_UNKNOWN:
        return "unknown trap";
    }
    return "?";
}

const char *tess_thread_state_name(enum tess_thread_state state)
{
    switch (state) {
    case TESS_THREAD_INACTIVE:
        return "inactive";
    case TESS_THREAD_READY:
        return "ready";
    case TESS_THREAD_SENDING:
        return "sending";
    case TESS_THREAD_CALLING:
        return "calling";
    case TESS_THREAD_RECEIVING:
        return "receiving";
    case TESS_THREAD_WAITING:
        return "waiting";
    case TESS_THREAD_AWAITING_REPLY:
        return "in-call";
    case TESS_THREAD_FAULTED:
        return "faulted";
    }
    return "?";
}

char *tess_describe(char text[TESS_DESCRIBE_BYTES], tess_result result)
{
    snprintf(text, TESS_DESCRIBE_BYTES, "%s: %s (%s, detail 0x%lx)", tess_error_name(result.error),
             tess_strerror(result.error), tess_argument_name(result.argument), (unsigned long)result.detail);
    return text;
}

void tess_report(const char *what, tess_result result)
{
    char text[TESS_DESCRIBE_BYTES];

    fprintf(stderr, "%s: %s\n", what, tess_describe(text, result));
}

_Noreturn void tess_fatal(const char *what, tess_result result)
{
    char text[TESS_DESCRIBE_BYTES];

    fprintf(stderr, "%s: %s: %s\n", tess_program_name(), what, tess_describe(text, result));
    exit(EXIT_FAILURE);
}
