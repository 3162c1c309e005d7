/*
 * userland/servers/sched/policies.h: the policies there are. A new one is a file in policies/, and a line here.
 */
#ifndef TESSERA_USERLAND_SERVERS_SCHED_POLICIES_H
#define TESSERA_USERLAND_SERVERS_SCHED_POLICIES_H

#include "userland/servers/sched/policy.h"

/* The first one is in force at the start. */
#define SCHED_POLICIES(POLICY)                                                                               \
    POLICY(fixed_policy)                                                                                     \
    POLICY(round_robin_policy)                                                                               \
    POLICY(edf_policy)                                                                                       \
    POLICY(stride_policy)

#define SCHED_POLICY_DECLARE(policy) extern const struct sched_policy policy;
SCHED_POLICIES(SCHED_POLICY_DECLARE)

#endif
