/*
 * userland/lib/boot.h: the boot information, for the first program of a system.
 *
 * Readers of the records the kernel leaves (kernel/abi.h, BI): bounds are checked, unknown records are
 * skipped. A first program also brings its own stack: one line, `TESS_BOOT_STACK(8192);`, at file scope.
 */
#ifndef TESSERA_USERLAND_LIB_BOOT_H
#define TESSERA_USERLAND_LIB_BOOT_H

#include "userland/lib/layout.h"
#include "userland/lib/tess.h"

/* The boot information, or null in a program that another program started. */
extern const struct tess_boot_info *tess_boot;

/*
 * A stack of `bytes` (a multiple of 4096) below which lies one more page; tess_boot_guard_stack takes
 * that page away, so that running over the end faults.
 */
extern char tess_boot_stack[];
#define TESS_BOOT_STACK(bytes)                                                                               \
    char tess_boot_stack[TESS_PAGE_BYTES + (bytes)] __attribute__((aligned(4096)));                          \
    __asm__(".globl tess_boot_stack_end\n.set tess_boot_stack_end, tess_boot_stack + 4096 + " #bytes)

/* The record of that type after `after` (null: the first one), or null. */
const struct tess_record *tess_boot_next(enum tess_record_type type, const struct tess_record *after);

/* The initial capability of a role, the `index`th of its kind; null when there is none. */
const struct tess_record_cap *tess_boot_find(enum tess_role role, unsigned index);
tess_cptr tess_boot_capability(enum tess_role role);

/* What the machine record says; all zero when there is none. */
struct tess_record_machine tess_boot_machine(void);

/* The frame of the program's own image that holds this address; null when none does. */
tess_frame tess_boot_image_frame(const void *address);

/* Binds `buffer`, 1 KB aligned and inside the image, as the IPC buffer of the first thread. */
tess_result tess_boot_set_buffer(struct tess_ipc_buffer *buffer);

/* Unmaps the page below the stack; the frame is the caller's to use for something else. */
tess_frame tess_boot_guard_stack(void);

#endif
