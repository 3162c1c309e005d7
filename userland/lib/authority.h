/*
 * userland/lib/authority.h: what servers of policy hold of other programs, and how they learn of them.
 *
 * A program described with scheduler="true" holds "threads": a CNode in which root keeps the thread and the
 * scheduling context of every program that runs, this one included. Programs are known by their number, from 1 on;
 * a number is used again after its program has ended, and `starts` is another one then. Both slots are empty where
 * no program runs. Root signals the server, as the system description says, whenever a program has started or
 * ended, and the server looks at all of them with tess_root_task (userland/lib/root.h). Nothing is lost when the
 * server ends: the next one finds the same.
 *
 * sched_control="true" gives "sched_control": its holder sets every budget.
 */
#ifndef TESSERA_USERLAND_LIB_AUTHORITY_H
#define TESSERA_USERLAND_LIB_AUTHORITY_H

#include "userland/lib/tess.h"

/* Slots of "threads". */
#define TESS_AUTHORITY_THREAD(number)  (2u * (number))
#define TESS_AUTHORITY_CONTEXT(number) (2u * (number) + 1u)

/* The address of a slot of a CNode that the program was given by that name; TESS_NULL: it was not given. */
tess_cptr tess_slot_of(const char *name, tess_cptr slot);

tess_tcb tess_authority_thread(unsigned number);
tess_sched_context tess_authority_context(unsigned number);

#endif
