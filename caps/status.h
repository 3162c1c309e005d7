/*
 * caps/status.h: the result of an operation, as the caller will see it (SPEC ABI-6..ABI-8).
 */
#ifndef TESSERA_CAPS_STATUS_H
#define TESSERA_CAPS_STATUS_H

#include "caps/cap.h"

struct status {
    word code;   /* error | argument << 8 */
    word detail; /* what the error's comment in caps/abi.h says */
};

/* Not an error of the ABI: the operation stopped at a preemption point and is to be entered again. */
#define STATUS_PREEMPTED 0xffu

#define STATUS_OK ((struct status){TESS_OK, 0})

static inline struct status status_fail(enum tess_error error, unsigned argument, word detail)
{
    return (struct status){(word)error | (word)argument << 8, detail};
}

static inline struct status status_preempted(void)
{
    return (struct status){STATUS_PREEMPTED, 0};
}

/* Returns from the calling function with the failure, if it is one. */
#define TRY(expression)                                                                                      \
    do {                                                                                                     \
        struct status try_status = (expression);                                                             \
        if (try_status.code != TESS_OK)                                                                      \
            return try_status;                                                                               \
    } while (0)

#endif
