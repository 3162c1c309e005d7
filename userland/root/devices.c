/*
 * userland/root/devices.c: what root gives the device server, and what it is told by it.
 *
 * Root owns the untyped memory of all device registers and keeps it as it came at boot. What it gives away is untyped
 * memory over the same ranges, and the right to interrupts, on a shelf (userland/lib/device_server.h): a CNode of
 * root's, whose content outlives the server, and which root can revoke. Root itself reads no device tree and makes no
 * frame or handler of a device.
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/device_server.h"
#include "userland/lib/layout.h"
#include "userland/root/root.h"

static tess_cnode shelf;
static tess_cptr tree; /* frames of a copy of the device tree */
static uint64_t tree_bytes;

static struct facts {
    bool known; /* the server was ready once */
    struct {
        bool present;
        unsigned kind;
    } devices[SYSTEM_DEVICES_MAX + 1];
    struct {
        uint64_t address, bytes;
    } regions[SYSTEM_REGIONS_MAX + 1];
    struct {
        tess_word record, number;
    } values[SYSTEM_VALUES_MAX];
    unsigned value_count;
} facts;

/* ---- The shelf --------------------------------------------------------------------------------------------- */

static tess_result copy_tree(void)
{
    const struct tess_record *r = tess_boot_next(TESS_RECORD_DEVICE_TREE, NULL);
    char *page = window_place(1);

    if (r == NULL)
        return (tess_result){TESS_OK, 0, 0}; /* the server says that it is missing */
    tree_bytes = r->length - sizeof *r;
    tess_result result = memory_make(TESS_TYPE_FRAME, TESS_FRAME_4K,
                                     (unsigned)((tree_bytes + TESS_PAGE_BYTES - 1) / TESS_PAGE_BYTES), &tree);
    for (uint64_t at = 0; at < tree_bytes && !tess_failed(result); at += TESS_PAGE_BYTES) {
        tess_frame frame = {tree + at / TESS_PAGE_BYTES};
        uint64_t left = tree_bytes - at;
        result = window_map(frame, page, TESS_RIGHT_READ | TESS_RIGHT_WRITE);
        if (tess_failed(result))
            break;
        memcpy(page, (const char *)(r + 1) + at, left < TESS_PAGE_BYTES ? left : TESS_PAGE_BYTES);
        result = tess_frame_unmap(frame);
    }
    return result;
}

bool devices_init(void)
{
    tess_result result = memory_make(TESS_TYPE_CNODE, TESS_SHELF_RADIX, 1, &shelf.address);

    if (!tess_failed(result))
        result =
            tess_cnode_move(shelf, TESS_SHELF_IRQ_CONTROL, (tess_cnode){TESS_NULL}, root.irq_control.address);
    if (!tess_failed(result))
        result = memory_give_devices(shelf, TESS_SHELF_FREE);
    if (!tess_failed(result))
        result = copy_tree();
    if (tess_failed(result))
        tess_report("root: making the device server's shelf", result);
    root.irq_control.address = slot_in(shelf, TESS_SHELF_IRQ_CONTROL);
    return !tess_failed(result);
}

unsigned devices_pages(const struct system_program *policy)
{
    if ((policy->flags & SYSTEM_DEVICE_SERVER) == 0)
        return 0;
    return (unsigned)((tree_bytes + TESS_PAGE_BYTES - 1) / TESS_PAGE_BYTES);
}

bool devices_serve(struct program *p)
{
    struct frames frames = {tree, 1, devices_pages(p->policy)};

    return (p->policy->flags & SYSTEM_DEVICE_SERVER) == 0 ||
           (give_capability(p, "shelf", shelf.address, TESS_RIGHTS_ALL, 0) &&
            give_capability(p, "vspace", book(p, BOOK_VSPACE), TESS_RIGHTS_ALL, 0) &&
            give_system_pages(p, "device_tree", &frames, 0, tree_bytes));
}

/* ---- Trays ------------------------------------------------------------------------------------------------- */

static bool is_registers(const struct system_map *m)
{
    const struct system_region *r = system_region(&description, m->region);

    return r->device != 0 || r->physical != 0;
}

static unsigned count_irqs(const struct system_program *policy)
{
    const struct system_irq *i = NULL;
    unsigned count = 0;

    while ((i = system_given(&description, policy, SYSTEM_IRQ, i)) != NULL)
        count++;
    return count;
}

/* Of the tray the program needs; 0: none, it is given no device. */
static unsigned tray_radix(const struct system_program *policy)
{
    unsigned slots = count_irqs(policy);
    const struct system_map *m = NULL;
    unsigned radix = 3;

    while ((m = system_given(&description, policy, SYSTEM_MAP, m)) != NULL) {
        if (is_registers(m))
            slots += (unsigned)(system_region(&description, m->region)->bytes / TESS_PAGE_BYTES);
    }
    while (TESS_TRAY_SIGNALS + slots > 1u << radix)
        radix++;
    return slots > 0 ? radix : 0;
}

uint64_t devices_tray_bytes(const struct system_program *policy)
{
    unsigned radix = tray_radix(policy);

    return radix > 0 ? (uint64_t)TESS_SLOT_BYTES << radix : 0;
}

bool devices_make_tray(struct program *p)
{
    unsigned radix = tray_radix(p->policy);

    return radix == 0 || give_cnode(p, radix, &p->tray);
}

/* What each interrupt is bound to. */
static bool fill_signals(struct program *p)
{
    const struct system_irq *i = NULL;

    for (unsigned n = 0; (i = system_given(&description, p->policy, SYSTEM_IRQ, i)) != NULL; n++) {
        tess_result result =
            tess_cnode_mint(p->tray, TESS_TRAY_SIGNALS + n, (tess_cnode){TESS_NULL},
                            policy_notification(p->number).address, TESS_RIGHT_SEND, 1ull << i->bit);
        if (!load_check(p, i->name, result))
            return false;
    }
    return true;
}

bool devices_give_tray(struct program *p)
{
    tess_cnode here = {TESS_NULL};
    tess_word badge = TESS_CLAIM_BADGE(badge_of(p), p->number);
    tess_endpoint server = policy_device_server();

    if (p->tray.address == TESS_NULL)
        return true;
    if (server.address == TESS_NULL) {
        printf("root: cannot start %s: nobody gives out devices any more\n", p->name);
        return false;
    }
    /* The last step shows the tray to the server. */
    return load_check(
               p, "claim",
               tess_cnode_mint(p->tray, TESS_TRAY_WHOSE, here, server.address, TESS_RIGHT_CALL, badge)) &&
           load_check(
               p, "tray",
               tess_cnode_copy(p->tray, TESS_TRAY_VSPACE, here, book(p, BOOK_VSPACE), TESS_RIGHTS_ALL)) &&
           load_check(
               p, "tray",
               tess_cnode_copy(p->tray, TESS_TRAY_CSPACE, here, book(p, BOOK_CSPACE), TESS_RIGHTS_ALL)) &&
           fill_signals(p) && give_capability(p, "claim", server.address, TESS_RIGHT_CALL, badge) &&
           load_check(p, "tray",
                      tess_cnode_copy(shelf, TESS_SHELF_TRAYS + badge_of(p), here, p->tray.address,
                                      TESS_RIGHTS_ALL));
}

_Static_assert(TESS_SHELF_TRAYS + PROGRAMS_MAX < TESS_SHELF_FREE, "each program has a place for its tray");

/* ---- Facts ------------------------------------------------------------------------------------------------- */

bool devices_told(enum tess_root_fact fact, tess_word what, tess_word first, tess_word second)
{
    if (facts.known) /* by a server that was started again */
        return true;
    switch (fact) {
    case TESS_FACT_DEVICE:
        if (what < 1 || what > description.devices)
            return false;
        facts.devices[what].present = first != 0;
        facts.devices[what].kind = (unsigned)second;
        return true;
    case TESS_FACT_REGION:
        if (what < 1 || what > description.regions)
            return false;
        facts.regions[what].address = first;
        facts.regions[what].bytes = second;
        return true;
    case TESS_FACT_VALUE:
        if (facts.value_count == SYSTEM_VALUES_MAX)
            return false;
        facts.values[facts.value_count].record = what;
        facts.values[facts.value_count++].number = first;
        return true;
    }
    return false;
}

bool devices_all_told(void)
{
    bool now = !facts.known;

    facts.known = true;
    return now;
}

bool devices_known(void)
{
    return facts.known;
}

bool devices_present(unsigned device)
{
    return device == 0 || facts.devices[device].present;
}

/* The strings that it may be compatible with stand behind the path, the last of them empty. */
const char *devices_kind(unsigned device)
{
    const char *text = system_device(&description, device)->text;

    for (unsigned i = 0; i < facts.devices[device].kind && (i == 0 || text[0] != '\0'); i++)
        text += strlen(text) + 1;
    return facts.devices[device].kind > 0 ? text : "";
}

void devices_registers(unsigned region, uint64_t *address, uint64_t *bytes)
{
    const struct system_region *r = system_region(&description, region);

    *address = r->device != 0 ? facts.regions[region].address : r->physical;
    uint64_t room = r->bytes - *address % TESS_PAGE_BYTES;
    *bytes = r->device != 0 && facts.regions[region].bytes < room ? facts.regions[region].bytes : room;
}

uint64_t devices_value(const struct system_value *v)
{
    tess_word record = (tess_word)((const char *)v - description.base);

    for (unsigned i = 0; i < facts.value_count; i++) {
        if (facts.values[i].record == record)
            return facts.values[i].number;
    }
    return v->number;
}
