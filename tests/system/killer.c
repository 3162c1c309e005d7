/*
 * tests/system/killer.c: kills uart and console in turn, as often as argument 1 says; or the programs that the other
 * arguments name; or, with `upgrade`, puts another version in the place of uart and console each time; or, with
 * `upgrade` and names, the same version once more in the place of those; or, with `to`, an image and names, that one.
 *
 * It runs above both (tests/system/killer.xml) and on a budget, of which it uses a different number each time:
 * whatever they were at, also in the middle of a line or with bytes in hand, they end there. The shell's
 * kill finds them at rest, as it runs only when they wait.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userland/lib/console.h"
#include "userland/lib/root.h"
#include "userland/lib/start.h"

static enum tess_root_answer upgrade(tess_endpoint root, unsigned turn, int argc, char **argv)
{
    static const char *const images[] = {"console2", "uart", "console", "uart"};
    bool to = strcmp(argv[2], "to") == 0;
    unsigned first = to ? 4 : 3;

    if ((unsigned)argc > first)
        return tess_root_upgrade(root, argv[first + turn % ((unsigned)argc - first)], to ? argv[3] : NULL);
    return tess_root_upgrade(root, turn % 2 ? "uart" : "console", images[turn % 4]);
}

static enum tess_root_answer kill(tess_endpoint root, unsigned turn, int argc, char **argv)
{
    const char *name = turn % 2 ? "uart" : "console";

    return tess_root_control(root, TESS_ROOT_KILL, argc > 2 ? argv[2 + turn % (unsigned)(argc - 2)] : name);
}

static unsigned next_random(void)
{
    static unsigned state = 1;

    state = state * 1103515245u + 12345u;
    return state >> 16;
}

int main(int argc, char **argv)
{
    tess_endpoint root = {tess_need_capability("root")};
    bool to = argc > 4 && strcmp(argv[2], "to") == 0;
    bool upgrades = to || (argc > 2 && strcmp(argv[2], "upgrade") == 0);
    unsigned kills = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;

    for (unsigned i = 0; i < kills; i++) {
        for (volatile unsigned turns = to ? 0 : next_random() % 400000; turns > 0; turns--)
            ;
        enum tess_root_answer answer = upgrades ? upgrade(root, i, argc, argv) : kill(root, i, argc, argv);
        if (to && (answer == TESS_ROOT_NO_PROGRAM || answer == TESS_ROOT_IDLE)) {
            i--; /* it has crashed, and is not back yet */
        } else if (answer != TESS_ROOT_OK) {
            printf("killer: %s\n", tess_root_strerror(answer));
            return EXIT_FAILURE;
        }
    }
    printf("killer: %u %s\n", kills, upgrades ? "upgrades" : "kills");
    return EXIT_SUCCESS;
}
