/*
 * userland/shell/names.c: the command that lists names: who provides them, and who may find them.
 */
#include <stdio.h>

#include "userland/lib/names.h"
#include "userland/lib/start.h"
#include "userland/shell/shell.h"

void command_names(unsigned argc, char **argv)
{
    tess_endpoint names = {tess_start_capability("names")};
    struct tess_name_info info;
    enum tess_name_answer answer;

    (void)argc;
    if (names.address == TESS_NULL) {
        printf("%s: %s\n", argv[0], tess_name_strerror(TESS_NAME_NO_SERVER));
        return;
    }
    printf("NAME             PROVIDER      STATE       FOR\n");
    for (unsigned i = 1; (answer = tess_name_list(names, i, &info)) == TESS_NAME_OK; i++)
        printf("%-15s  %-12s  %-10s  %s\n", info.name, info.provider, info.served != 0 ? "registered" : "-",
               info.users);
    if (answer != TESS_NAME_END)
        printf("%s: %s\n", argv[0], tess_name_strerror(answer));
}
