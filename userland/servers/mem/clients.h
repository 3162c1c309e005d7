/*
 * userland/servers/mem/clients.h: what the files of the server itself share: its clients, and what they ask.
 *
 * A client is known by its badge (userland/lib/pager.h), which no other start of any program has. The server learns of
 * one by its first fault or call, and asks root who it is.
 */
#ifndef TESSERA_USERLAND_SERVERS_MEM_CLIENTS_H
#define TESSERA_USERLAND_SERVERS_MEM_CLIENTS_H

#include "userland/lib/tess.h"
#include "userland/servers/mem/space.h"

#define CLIENTS_MAX 32u /* numbers of programs are below */

struct client {
    tess_word badge;
    struct space *space; /* null: none has this number */
};
extern struct client clients[CLIENTS_MAX];
extern tess_endpoint mem_root;

/* The client of that badge, adopted if it is new; null, and *answer says why not. */
struct client *client_of(tess_word badge, enum space_answer *answer);

/* A client with this space is there from now on; *space: empty, of the parent's quota and placement. */
enum space_answer client_copy(const struct client *parent, tess_word badge, struct client **child);
void client_close(struct client *client);

/* Those that root no longer knows are closed. */
void clients_check(void);

/* Answers a call (userland/lib/mem.h). */
void requests_serve(tess_message *m);

/* Opens the disk when first asked; true when there is one to swap to. */
bool disk_open(void);

#endif
