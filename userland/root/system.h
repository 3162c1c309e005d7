/*
 * userland/root/system.h: the system description in the form root reads: member `system` of the bundle.
 *
 * userland/tools/system.py makes it from a .system file (userland/README.md says what that may contain); the
 * tests compare the two. All numbers are little-endian; records have a length that is a multiple of 8 and
 * follow each other without gaps. Records of an unknown kind are skipped; another version is refused.
 *
 *   header
 *   DEVICE ...    numbered from 1 in order of appearance, as regions and programs are; 0 names none
 *   REGION ...
 *   PROGRAM       and, behind each, what it is given: MAP, IRQ, SIGNAL, CALL, VALUE, ARGUMENT,
 *                 PROVIDE, USE, CHILD
 *
 * Channels are written down where they are used: what the end of one program may do to the other is a
 * record of the first. Program 1 is root itself, of which only MAP and SIGNAL records count.
 *
 * Pure and bounds-checked: system_open looks at everything once, so that whoever walks over the records
 * need not. Compiles on the host, where tests/unit/test_user_system.c runs it.
 */
#ifndef TESSERA_USERLAND_ROOT_SYSTEM_H
#define TESSERA_USERLAND_ROOT_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYSTEM_MAGIC        0x7473797373736574ull /* "tesssyst", little endian */
#define SYSTEM_VERSION      1u
#define SYSTEM_NAME         24u /* of records in the start block, of devices and regions; ended by a zero byte */
#define SYSTEM_PROGRAM_NAME 32u
#define SYSTEM_ROOT         1u /* the number of root among the programs */

#define SYSTEM_DEVICES_MAX  24u
#define SYSTEM_REGIONS_MAX  48u
#define SYSTEM_PROGRAMS_MAX 32u
#define SYSTEM_VALUES_MAX   32u /* that are properties of devices */

struct system_header {
    uint64_t magic;
    uint32_t version;
    uint32_t length; /* bytes, this header included */
};

enum system_kind {
    SYSTEM_DEVICE = 1,
    SYSTEM_REGION = 2,
    SYSTEM_PROGRAM = 3,
    SYSTEM_MAP = 4,
    SYSTEM_IRQ = 5,
    SYSTEM_SIGNAL = 6,
    SYSTEM_CALL = 7,
    SYSTEM_VALUE = 8,
    SYSTEM_ARGUMENT = 9,
    SYSTEM_PROVIDE = 10,
    SYSTEM_USE = 11,
    SYSTEM_CHILD = 12,
};

struct system_record {
    uint32_t kind;
    uint32_t length; /* bytes, this header included */
};

/* A node of the device tree. Each node is given out once, in the order of these records. */
struct system_device {
    struct system_record record;
    char name[SYSTEM_NAME];
    uint32_t virtio;   /* the device behind a virtio,mmio transport; 0: any node will do */
    uint32_t optional; /* 1: without it, what needs it is not started, and that is no error */
    uint32_t unless;   /* an earlier device: looked for only when that one is not there */
    uint32_t reserved;
    char text[]; /* path, alias or stdout-path ("": any); then compatible strings; "" ends the list */
};

/* Memory, for ever: of RAM, zeroed, or registers. */
struct system_region {
    struct system_record record;
    char name[SYSTEM_NAME];
    uint64_t bytes;    /* a multiple of a page */
    uint64_t physical; /* of registers that no device tree names; 0: RAM, or those of `device` */
    uint32_t device;
    uint32_t block; /* which of the device's register blocks */
};

#define SYSTEM_TEMPLATE      1u  /* not a program, but how those are run that have no record of their own */
#define SYSTEM_CONTROLLER    2u  /* may ask root to run programs, to list, to power off */
#define SYSTEM_COUNTERS      4u  /* may read the counters of the hart */
#define SYSTEM_SERVER        8u  /* has an endpoint */
#define SYSTEM_WAKE          16u /* has a notification */
#define SYSTEM_BOOT          32u /* started at boot, or when the program `after` is ready */
#define SYSTEM_WAIT          64u /* a server that also waits for its notification alone: holds it as "wake" */
#define SYSTEM_SCHED_CONTROL 128u   /* may set every budget: holds "sched_control" */
#define SYSTEM_SCHEDULER     256u   /* holds the threads and contexts of all programs: "programs" */
#define SYSTEM_PASSIVE       512u   /* a server that has no context of its own once it is ready */
#define SYSTEM_DEVICE_SERVER 1024u  /* gives out the registers and interrupts of devices */
#define SYSTEM_PAGER         2048u  /* a memory server: holds "spaces" (userland/lib/pager.h) */
#define SYSTEM_NAME_SERVER   4096u  /* knows who provides names, and who may use them */
#define SYSTEM_GRANTS        8192u  /* a server whose answers may bring capabilities */
#define SYSTEM_RECEIVES      16384u /* capabilities come to it: holds "window" */
#define SYSTEM_FLAGS         32767u

struct system_program {
    struct system_record record;
    char name[SYSTEM_PROGRAM_NAME];
    char image[SYSTEM_PROGRAM_NAME]; /* member of the bundle; template: "" */
    uint32_t flags;
    uint32_t priority;
    uint32_t budget_us;
    uint32_t period_us;
    uint32_t stack_pages;
    uint32_t heap_pages;
    uint32_t cspace_radix;
    uint32_t replies;     /* Reply objects of a server: callers that can wait, and one */
    uint32_t crashes;     /* it is started again until it has crashed so often; 0: never */
    uint32_t backoff_us;  /* before the first time; doubled each time after */
    uint32_t after;       /* program */
    uint32_t own_pages;   /* memory of its own: an untyped, with what is needed to use it */
    uint32_t own_most;    /* up to so many instead, where half of what is free is more than own_pages */
    uint32_t pager;       /* program: the memory server that this one's memory is of; 0: it is root's */
    uint32_t quota_pages; /* what that may give it */
    uint32_t placement;   /* which pages: a number of userland/servers/mem/placement.c */
    uint32_t overruns;    /* root says when it has used up its budget so often in a row; 0: never */
    uint32_t answers_us;  /* and when a call to it has not been answered for so long; 0: never */
};

struct system_map {
    struct system_record record;
    char name[SYSTEM_NAME];
    uint64_t address; /* 0: root chooses */
    uint32_t region;
    uint32_t rights; /* TESS_RIGHT_ */
    uint32_t frames; /* 1: the program also holds capabilities to the frames, under the same name */
    uint32_t reserved;
};

struct system_irq {
    struct system_record record;
    char name[SYSTEM_NAME];
    uint32_t number; /* or that of `device` */
    uint32_t device;
    uint32_t index; /* which of the device's interrupts */
    uint32_t trigger;
    uint32_t bit; /* of the program's notification */
    uint32_t reserved;
};

/* May signal the other program. */
struct system_signal {
    struct system_record record;
    char name[SYSTEM_NAME];
    uint32_t program;
    uint32_t bit; /* of the other program's notification */
};

/* May call the other program. */
struct system_call {
    struct system_record record;
    char name[SYSTEM_NAME];
    uint32_t program;
    uint32_t id;       /* of the channel, as the other program knows it: upper half of the badge */
    uint32_t optional; /* 1: without the other program, this one is started all the same, without it */
    uint32_t grant;    /* 1: capabilities may travel with the calls */
};

enum system_value_source {
    SYSTEM_VALUE_NUMBER = 0,
    SYSTEM_VALUE_PROPERTY = 1, /* cell 0 of the device's property `text`; `number` when there is none */
    SYSTEM_VALUE_PHYSICAL = 2, /* where the region is */
    SYSTEM_VALUE_BYTES = 3,    /* how large the region is */
};

struct system_value {
    struct system_record record;
    char name[SYSTEM_NAME];
    uint64_t number;
    uint32_t source; /* enum system_value_source */
    uint32_t which;  /* device or region */
    char text[];
};

/* An argument of main. */
struct system_argument {
    struct system_record record;
    uint32_t device; /* the string by which it was found to be compatible; or `text` */
    uint32_t reserved;
    char text[];
};

/* Serves a name: others find it by that, while they run. */
struct system_provide {
    struct system_record record;
    char name[SYSTEM_NAME];
    uint32_t id; /* lower half of the badge of who found it */
    uint32_t reserved;
};

/* May find who provides the name. */
struct system_use {
    struct system_record record;
    char name[SYSTEM_NAME];
};

/* Has the other program as its child: is told of its faults, and may restart, stop and resume it. */
struct system_child {
    struct system_record record;
    char name[SYSTEM_NAME];
    uint32_t program;
    uint32_t id; /* of the child, as its parent knows it: the badge of its faults */
};

struct system {
    const char *base;
    uint32_t length;
    unsigned devices;
    unsigned regions;
    unsigned programs;
};

/* Null, or what is wrong with it. data: aligned to 8 bytes. */
const char *system_open(struct system *s, const void *data, size_t length);

/* The record after `at`, or the first; null at the end. */
const struct system_record *system_next(const struct system *s, const struct system_record *at);

/* The record with that number among those of its kind: 1 to s->devices, s->regions, s->programs. */
const struct system_device *system_device(const struct system *s, unsigned number);
const struct system_region *system_region(const struct system *s, unsigned number);
const struct system_program *system_program(const struct system *s, unsigned number);

/* The next record of that kind which belongs to the program, after `at`, or the first. */
const void *system_given(const struct system *s, const struct system_program *program, enum system_kind kind,
                         const void *at);

#endif
