/*
 * userland/servers/devices/find.h: which node of the device tree is meant by a device of the system description.
 */
#ifndef TESSERA_USERLAND_SERVERS_DEVICES_FIND_H
#define TESSERA_USERLAND_SERVERS_DEVICES_FIND_H

#include "userland/root/system.h"
#include "userland/servers/devices/fdt.h"

/* A device of the system description. */
struct device {
    bool present;
    struct fdt_node node;
    uint64_t address;
    uint64_t bytes;
    const char *kind;     /* the string by which it was found to be compatible */
    unsigned kind_number; /* among those the description names, from 1; 0: it names none */
};

/* False when there is no device tree that makes sense. */
bool find_init(const void *tree, size_t bytes);

/* Looks for the next device of the description; prints when one that must be there is not. */
void find_device(const struct system_device *wanted);

/* Devices are numbered from 1 in the order in which they were looked for; null: there are no more. */
const struct device *find_get(unsigned number);
bool find_registers(const struct device *device, unsigned block, uint64_t *address, uint64_t *bytes);
bool find_interrupt(const struct device *device, unsigned index, uint32_t *number);
uint32_t find_property(const struct device *device, const char *name, uint32_t otherwise);

#endif
