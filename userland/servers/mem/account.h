/*
 * userland/servers/mem/account.h: what a client was promised, and what it has.
 *
 * All in pages. A client's quota is promised to it out of the pool when it comes, so that who stays below its
 * quota never finds the pool empty. It covers everything the client costs: its pages (`resident`), and what
 * cannot be swapped: page tables, the server's own tables about it, and shared regions (`fixed`).
 *
 * Regions are `charged` with what they may ever hold. What goes beyond the quota must have a place on the swap
 * disk, reserved beforehand. So: charged + fixed <= quota + reserved, swapped <= reserved, and
 * resident + fixed <= quota.
 */
#ifndef TESSERA_USERLAND_SERVERS_MEM_ACCOUNT_H
#define TESSERA_USERLAND_SERVERS_MEM_ACCOUNT_H

#include "userland/servers/mem/swap.h"

/* One instruction may need so many pages at a time: its own, and what it reads or writes, each across a border.
 * A client gets no promise that leaves it less. */
#define ACCOUNT_WORKING 4u

/* What can be promised. */
struct ledger {
    uint32_t pages;
    uint32_t promised;
    struct swap swap;
};

struct account {
    struct ledger *ledger;
    uint32_t quota;
    uint32_t fixed;
    uint32_t charged;
    uint32_t reserved; /* places on the swap disk */
    uint32_t resident; /* pages of its own that are in memory */
    uint32_t swapped;  /* and on the disk */
};

bool ledger_promise(struct ledger *ledger, uint32_t pages);
void ledger_release(struct ledger *ledger, uint32_t pages);

/* False: the pool has not so much left to promise. */
bool account_open(struct account *account, struct ledger *ledger, uint32_t quota);
void account_close(struct account *account);

/* All or nothing; false: the quota, and the swap disk, do not suffice. Where `fixed` leaves less room than is
 * resident, it is for the caller to make room (evict.c) before anything fixed is made. */
bool account_charge(struct account *account, uint32_t pages, uint32_t fixed);
void account_refund(struct account *account, uint32_t pages, uint32_t fixed);

/* The client is to name one more page on the disk that another one put there; false: no place can be reserved. */
bool account_share_swapped(struct account *account);

/* A page went from memory to the disk; one on the disk was brought back, or is no longer needed. */
void account_swapped(struct account *account);
void account_unswapped(struct account *account);

/* May one more page be in memory? */
bool account_has_room(const struct account *account);

#endif
