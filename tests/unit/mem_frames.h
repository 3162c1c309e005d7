/*
 * tests/unit/mem_frames.h: a model of the kernel under the memory server's bookkeeping: frames.h in plain memory.
 *
 * Pages have bytes, capabilities are counted, address spaces are tables of what is mapped with which rights.
 * Whatever the kernel would refuse ends the test. A client's access goes through its own table, and what
 * the table does not allow is a fault.
 */
#ifndef TESSERA_TESTS_UNIT_MEM_FRAMES_H
#define TESSERA_TESTS_UNIT_MEM_FRAMES_H

#include "userland/servers/mem/space.h"

#define FAKE_PAGES  8192u
#define FAKE_SPACES 8u
#define FAKE_PLACES 4096u

/* A fresh pool of so many pages from that physical address on, and a swap disk of so many places. */
void fake_start(uint64_t physical, uint32_t pages, uint32_t places);

/* Ends the test unless everything is as at the start. */
void fake_check_empty(void);

/* An address space number, empty; and its end, which takes all mappings along. */
void fake_space(frames_space id);
void fake_space_end(frames_space id);

/* The bytes of the page that is mapped there for such an access; null: a fault. */
uint8_t *fake_access(frames_space id, uint32_t virtual, unsigned access);

/* What lies at an offset in the bundle. */
uint8_t fake_bundle_byte(uint64_t offset);

extern bool fake_disk_fails;
extern uint64_t fake_made; /* frames made so far */

#endif
