/*
 * kernel/release.c: what only booting needed becomes memory like any other.
 *
 * Text that boots, its constants and its data are two runs of pages of the image, and boot has made untyped
 * memory of them (BI-5). Here, where the text stays, they leave the image's mapping, and only then does the
 * physical window show them to be written: no page is ever both writable and executable (BI-8).
 */
#include "kernel/release.h"

#include "caps/slot.h"
#include "kernel/kmap.h"
#include "kernel/sched.h"
#include "kernel/trap.h"

static void fence(void)
{
    asm volatile("sfence.vma" ::: "memory");
}

static uint64_t *entry_of(const char *address)
{
    return &kernel_pages[((word)address - KERNEL_BASE) / PAGE_BYTES];
}

/* The window's entry for that physical page. Caller: it is mapped there, by a page of 4 KB. */
static uint64_t *window_entry(word physical)
{
    word address = (word)window_pointer(physical);
    uint64_t *table = kernel_root;
    for (unsigned shift = 30; shift > 12; shift -= 9)
        table = window_pointer((table[address >> shift & 511] << 10 >> 20) * PAGE_BYTES);
    return &table[address >> 12 & 511];
}

static void release(struct image_pages pages)
{
    for (const char *at = pages.first; at < pages.end; at += PAGE_BYTES) {
        uint64_t *entry = entry_of(at);
        word physical = (*entry << 10 >> 20) * PAGE_BYTES;
        *entry = 0;
        fence();
        *window_entry(physical) |= PTE_W | PTE_D;
    }
    fence();
}

_Noreturn void release_boot(struct image_pages text, struct image_pages data)
{
    release(text);
    release(data);
    trap_return(sched_next());
}
