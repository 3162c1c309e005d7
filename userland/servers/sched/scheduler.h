/*
 * userland/servers/sched/scheduler.h: the engine between what happens and a policy.
 *
 * It keeps the clients and their jobs, tells the policy in force (policy.h), carries out the grants, and changes
 * the policy under running clients. It knows nothing of capabilities and messages: what it needs done, it has
 * done by the functions at the end, which the scheduler server (main.c), the demonstrations (tests/sched/)
 * and the unit tests each define.
 *
 * A struct sched holds no pointers into the program but the policy, which sched_resume finds again by its name, and
 * says when it is half changed: it can lie in memory that outlives the server.
 */
#ifndef TESSERA_USERLAND_SERVERS_SCHED_SCHEDULER_H
#define TESSERA_USERLAND_SERVERS_SCHED_SCHEDULER_H

#include "userland/servers/sched/policy.h"

/* No clients; the first policy of policies.h. */
void sched_begin(struct sched *s, uint64_t timebase, uint64_t now);

/* Goes on with what a predecessor left, wherever it was ended. False: it makes no sense. */
bool sched_resume(struct sched *s, uint64_t timebase, uint64_t now);

/* The policy of that name, or null; the index-th one, or null. */
const struct sched_policy *sched_policy_find(const char *name);
const struct sched_policy *sched_policy_at(unsigned index);

/* Another policy, under running clients. False: it refuses the client *whom, and nothing has changed. */
bool sched_switch(struct sched *s, const struct sched_policy *policy, uint64_t now,
                  struct sched_refusal *refusal, unsigned *whom);

/* A client comes, as number `client`, which is free. False: it stays as it is, unknown. */
bool sched_join(struct sched *s, unsigned client, const char *name, const struct sched_request *request,
                uint64_t now, struct sched_refusal *refusal);
void sched_leave(struct sched *s, unsigned client, uint64_t now);

/* A client asks for something else. False: it has what it had. */
bool sched_declare(struct sched *s, unsigned client, const struct sched_request *request, uint64_t now,
                   struct sched_refusal *refusal);

/* Its job is finished (the first time: it is ready for its first one). False: it has to wait for the release of
 * the next, until sched_machine_release. */
bool sched_done(struct sched *s, unsigned client, uint64_t now);

/* The kernel says that its budget is used up. */
void sched_exhausted(struct sched *s, unsigned client, uint64_t now);

/* The time has come that sched_machine_wake_at was told. */
void sched_clock(struct sched *s, uint64_t now);

/* Makes `shown` of each client the ticks it ran since the last time this was called, s->shown ticks ago. */
void sched_look(struct sched *s, uint64_t now);

static inline bool sched_is_client(const struct sched *s, unsigned client)
{
    return client < SCHED_CLIENTS_MAX && s->clients[client].name[0] != '\0';
}

/* ---- What the engine needs done ------------------------------------------------------------------------ */

/* Budget and period, if `budget`, and priority, if `priority`, as the client's grant says. */
void sched_machine_grant(unsigned client, const struct sched_grant *grant, bool budget, bool priority);

/* The client's timeout faults are to be told by sched_exhausted, or not at all. */
void sched_machine_timeouts(unsigned client, bool wanted);

/* Ticks it ran since this was asked last. */
uint64_t sched_machine_used(unsigned client);

/* The client that waits goes on. False: its call is not here; it will call again. */
bool sched_machine_release(unsigned client);

/* sched_clock shall be called at that time; what was said before counts no more. UINT64_MAX: never. */
void sched_machine_wake_at(uint64_t when);

#endif
