/*
 * userland/lib/layout.h: where things are in the address space of a program.
 *
 * Everything a small program has lies in the first 2 MB, so that three page tables are enough for it:
 *
 *   0x000000  never mapped: a null pointer, even one with an offset, faults
 *   0x010000  START_ADDRESS   the start block, one page, read-only (userland/lib/start.h)
 *   0x020000  REGIONS         shared memory and device registers, as given at start
 *   0x040000  HAND_OVER       the state of a server that is being replaced (userland/lib/hand_over.h)
 *   0x048000  SYSTEM          system description and device tree, for the servers that read them
 *   0x08a000  LOOK            where the device server looks at registers
 *   ........  guard           never mapped
 *   ........                  the stack, growing down; its last 1 KB is the IPC buffer
 *   0x0f0000  STACK_TOP
 *   0x100000  IMAGE           text R-X, constants R--, data RW-, each from its own page (userland/user.ld)
 *   ........                  the heap, from the page after the image
 *   0x2000000 FAR             regions for which there is no room above, each at a page table's price
 *   1 GB      IMAGE_LIMIT     the root program loads nothing beyond
 *
 * The kernel knows none of these numbers. The first program has no start block and brings its stack.
 */
#ifndef TESSERA_USERLAND_LIB_LAYOUT_H
#define TESSERA_USERLAND_LIB_LAYOUT_H

#define TESS_PAGE_BYTES 4096ul

#define TESS_LAYOUT_START_ADDRESS 0x010000ul
#define TESS_LAYOUT_REGIONS       0x020000ul
#define TESS_LAYOUT_REGIONS_END   0x040000ul
#define TESS_LAYOUT_HAND_OVER     0x040000ul
#define TESS_LAYOUT_HAND_OVER_END 0x044000ul
#define TESS_LAYOUT_SYSTEM        0x048000ul
#define TESS_LAYOUT_SYSTEM_END    0x088000ul
#define TESS_LAYOUT_LOOK          0x08a000ul
#define TESS_LAYOUT_STACK_TOP     0x0f0000ul
#define TESS_LAYOUT_IMAGE         0x100000ul
#define TESS_LAYOUT_FAR           0x2000000ul
#define TESS_LAYOUT_IMAGE_LIMIT   0x40000000ul

#endif
