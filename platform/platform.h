/*
 * platform/platform.h: all that the kernel knows about the machine below it.
 *
 * What the device tree says (struct machine), the firmware's SBI calls, the PLIC and the clock. Owns
 * clauses BI-2 (device tree) and BI-9 (boot arguments). One binary boots every board: whatever differs
 * between boards is read from the tree, so platform/ has no folder per board. Includes nothing of
 * kernel/; fdt.c, machine.c and region.c are pure and tested on the host.
 */
#ifndef TESSERA_PLATFORM_PLATFORM_H
#define TESSERA_PLATFORM_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/region.h"
#include "platform/text.h"

/* ---- The machine (machine.c) --------------------------------------------------------------------- */

/* Limits. A tree that needs more stops with a line that says so (BI-2); see also REGIONS_MAX. */
#define MACHINE_HARTS_MAX    64u
#define MACHINE_BOOTARGS_MAX 256u /* bytes, final zero included */

#define PLIC_NO_CONTEXT UINT32_MAX /* this hart takes no interrupts in S-mode */
#define PLIC_SOURCES    1024u      /* source 0 does not exist */

struct machine_hart {
    uint32_t id;           /* as the tree, the SBI and a0 number it */
    uint32_t plic_context; /* of its S-mode, or PLIC_NO_CONTEXT */
    uint32_t intc;         /* phandle of its local interrupt controller; 0: none */
    bool sstc;
    bool svpbmt;
    bool sv48; /* and so perhaps not only Sv39 */
};

struct machine {
    struct regions memory;   /* RAM, whole pages, neighbours merged */
    struct regions reserved; /* by the tree or by firmware; any bytes */
    struct regions kept;     /* interrupt controllers and CLINT: never handed out; whole pages */
    struct regions devices;  /* whole pages; no RAM, nothing kept */
    struct machine_hart harts[MACHINE_HARTS_MAX]; /* usable ones with an MMU, in tree order */
    unsigned harts_count;

    uint32_t tree_bytes; /* of the tree itself */
    struct region plic;
    uint32_t plic_sources; /* highest interrupt number */
    uint64_t timebase;     /* ticks of the time CSR each second */
    bool sstc;             /* every usable hart has stimecmp; */
    bool svpbmt;           /* attributes in page table entries; */
    bool sv48;             /* four levels of page tables */
    bool only_reboots;     /* firmware can restart this machine but not power it off; see sbi.c */

    struct region initrd; /* length 0: none */
    char bootargs[MACHINE_BOOTARGS_MAX];
    uint64_t mem_limit; /* mem=SIZE: bytes of RAM to use; UINT64_MAX: all */
    uint32_t asid_bits; /* asidbits=N: at most so many; 16: no limit */
    bool sv48_wanted;   /* paging=sv48 */
};

/*
 * Reads the flattened device tree of at most `limit` readable bytes into *machine. Returns null, or one
 * line saying what is wrong with it; then *machine means nothing. Changes nothing else (BI-2, BI-9).
 */
const char *machine_read(struct machine *machine, const void *tree, uint64_t limit);

/* The kernel's own description; set once by boot, constant afterwards. */
extern struct machine machine;

/* Index into machine->harts of the hart with this number, or -1. */
static inline int machine_hart_index(const struct machine *machine, uint64_t id)
{
    for (unsigned i = 0; i < machine->harts_count; i++)
        if (machine->harts[i].id == id)
            return (int)i;
    return -1;
}

/* ---- Firmware (sbi.c) ---------------------------------------------------------------------------- */

#define SBI_EXTENSION_TIME 0x54494d45u
#define SBI_EXTENSION_SRST 0x53525354u

bool sbi_probe(uint64_t extension);
void sbi_putchar(char c);
void sbi_set_timer(uint64_t deadline);

/* Power off. A machine that can only restart is restarted instead (FW). */
_Noreturn void platform_shutdown(void);
_Noreturn void platform_reboot(void);

/* ---- PLIC (plic.c). irq: 1 to machine.plic_sources. context: machine_hart.plic_context. ----------- */

/* Length of the registers up to those of this context. */
static inline uint64_t plic_bytes(uint32_t context)
{
    return 0x200000 + 0x1000 * ((uint64_t)context + 1);
}

/* `registers`: where the kernel has mapped machine.plic. All sources off, thresholds of all harts open. */
void plic_init(volatile void *registers);

/* 1 to plic_priority_max(); a source of priority 0 never interrupts. */
void plic_set_priority(uint32_t irq, uint32_t priority);
uint32_t plic_priority_max(void);

/* False: the controller cannot do it. The PLIC's gateways are wired, so level is all there is. */
bool plic_set_trigger(uint32_t irq, bool edge);

void plic_enable(uint32_t context, uint32_t irq);
void plic_disable(uint32_t context, uint32_t irq);
void plic_set_threshold(uint32_t context, uint32_t threshold);

/* The pending interrupt of highest priority, now ours; 0: none. */
uint32_t plic_claim(uint32_t context);

/* Only from the context that claimed it, while it is enabled there: else the line is lost. */
void plic_complete(uint32_t context, uint32_t irq);

/* ---- Clock (timer.c), in ticks of machine.timebase ------------------------------------------------ */

uint64_t timer_now(void);
#define TIMER_NEVER UINT64_MAX
void timer_arm(uint64_t deadline); /* interrupt at or after; a deadline in the past: at once */

#endif
