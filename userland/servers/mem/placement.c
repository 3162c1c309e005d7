/*
 * userland/servers/mem/placement.c: the policies there are (userland/servers/mem/placement.h).
 */
#include "userland/servers/mem/placement.h"

const struct placement *placement_get(unsigned number)
{
    static const struct placement *const all[] = {&placement_first_fit, &placement_buddy, &placement_colour};

    return number < sizeof all / sizeof all[0] ? all[number] : (const struct placement *)0;
}
