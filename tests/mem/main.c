/*
 * tests/mem/main.c: the memory server's tests on the stage (tests/mem/stage.h), one after the other.
 *
 * Boot arguments: soak=N operations; sizes=1: only the leaks, for a machine large enough for a page of 1 GB.
 */
#include <stdio.h>

#include "tests/mem/stage.h"

#define POOL        (80u << 20)
#define PLACES      17000u
#define SOAK_PLACES 1500u

int main(void)
{
    stage_init(POOL, stage_argument("sizes", 0) == 0 ? PLACES : 200);
    stage_check("the pool is whole at the start", stage_is_empty());
    if (stage_argument("sizes", 0) == 0) {
        counts();
        stage_disk(SOAK_PLACES);
        soak((unsigned)stage_argument("soak", 20000));
        bench();
    }
    leaks();
    stage_end();
}
