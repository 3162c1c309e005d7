/*
 * userland/servers/devices/main.c: the device server: from the device tree to registers and interrupts, given only to
 * the program that the system description names (userland/lib/device_server.h).
 *
 * At its start it finds the devices of the description and tells root what it found: which are there, where their
 * registers are, what their properties say. From then on programs claim what is theirs; what that is, the badge of
 * the call says and nothing in it. The server remembers nothing: who has what is on the shelf and in the trays, and
 * goes with the program that has it. It is passive: it serves on the time of who claims.
 */
#include <stdio.h>
#include <string.h>

#include "userland/lib/authority.h"
#include "userland/lib/device_server.h"
#include "userland/lib/layout.h"
#include "userland/lib/message.h"
#include "userland/lib/root.h"
#include "userland/lib/server.h"
#include "userland/lib/start.h"
#include "userland/servers/devices/find.h"
#include "userland/servers/devices/frames.h"

static struct system description;
static tess_endpoint root;

/* ---- Trays ------------------------------------------------------------------------------------------------ */

/* A program that is given devices. */
struct client {
    const struct system_program *program;
    tess_cptr tray; /* address of the CNode */
    unsigned radix;
    unsigned irqs;
};

static tess_cptr in_tray(const struct client *c, unsigned slot)
{
    return c->tray | (tess_cptr)slot << (tess_start->cspace_radix + TESS_SHELF_RADIX);
}

/* The program with that number, if it runs and is given devices; *badge: what it claims with. */
static bool find_client(unsigned number, struct client *c, tess_word *badge)
{
    const struct system_irq *i = NULL;
    struct tess_inspect info;

    *c = (struct client){.tray = tess_slot_of("shelf", TESS_SHELF_TRAYS + number)};
    if (number < 1 || TESS_SHELF_TRAYS + number >= TESS_SHELF_FREE ||
        tess_failed(tess_inspect(c->tray, &info)) || (info.type & 0xff) != TESS_TYPE_CNODE)
        return false;
    c->radix = (unsigned)info.state[0];
    if (tess_failed(tess_inspect(in_tray(c, TESS_TRAY_WHOSE), &info)))
        return false;
    *badge = info.badge;
    c->program = system_program(&description, TESS_CLAIM_DESCRIBED(info.badge));
    while (c->program != NULL && (i = system_given(&description, c->program, SYSTEM_IRQ, i)) != NULL)
        c->irqs++;
    return c->program != NULL;
}

/* ---- Giving ------------------------------------------------------------------------------------------------ */

static bool say(const struct client *c, const char *what, tess_result result)
{
    char text[TESS_DESCRIBE_BYTES];

    if (tess_failed(result))
        printf("devices: %s: %s: %s\n", c->program->name, what, tess_describe(text, result));
    return !tess_failed(result);
}

/* Where the registers of a map are; false: nowhere in this machine, or it is a map of RAM. */
static bool registers_of(const struct system_map *m, uint64_t *address)
{
    const struct system_region *r = system_region(&description, m->region);
    const struct device *device = find_get(r->device);
    uint64_t bytes;

    *address = r->physical;
    if (r->device == 0)
        return r->physical != 0;
    return device != NULL && device->present && find_registers(device, r->block, address, &bytes);
}

/* One page into the tray and into the program's memory; what an unfinished claim left in the slot goes. */
static bool give_page(const struct client *c, unsigned slot, uint64_t page, const struct system_map *m,
                      uint64_t offset)
{
    tess_cnode tray = {c->tray};
    tess_frame frame, copy = {in_tray(c, slot)};
    tess_vspace vspace = {in_tray(c, TESS_TRAY_VSPACE)};

    if (!say(c, m->name, frames_get(page, &frame)) || !say(c, m->name, tess_cnode_delete(tray, slot)))
        return false;
    return say(c, m->name, tess_cnode_copy(tray, slot, (tess_cnode){TESS_NULL}, frame.address, m->rights)) &&
           say(c, m->name, tess_frame_map(copy, vspace, m->address + offset, m->rights));
}

static enum tess_claim_answer give_registers(const struct client *c, tess_word *where)
{
    unsigned slot = TESS_TRAY_SIGNALS + c->irqs;
    const struct system_map *m = NULL;

    while ((m = system_given(&description, c->program, SYSTEM_MAP, m)) != NULL) {
        const struct system_region *r = system_region(&description, m->region);
        if (r->device == 0 && r->physical == 0)
            continue;
        if (!registers_of(m, where))
            return TESS_CLAIM_ABSENT;
        uint64_t page = *where & ~(TESS_PAGE_BYTES - 1);
        for (uint64_t at = 0; at < r->bytes; at += TESS_PAGE_BYTES) {
            if (!give_page(c, slot++, page + at, m, at))
                return TESS_CLAIM_FAILED;
        }
    }
    return TESS_CLAIM_OK;
}

static bool interrupt_of(const struct system_irq *i, uint32_t *number)
{
    const struct device *device = find_get(i->device);

    *number = i->number;
    return i->device == 0 || (device != NULL && device->present && find_interrupt(device, i->index, number));
}

/* An unfinished claim, or the program's predecessor, left it. */
static bool has_handler(const struct client *c, tess_cptr slot, uint32_t number)
{
    tess_cptr in_cspace = slot << (tess_start->cspace_radix + TESS_SHELF_RADIX + c->radix);
    struct tess_inspect info;

    return !tess_failed(tess_inspect(in_tray(c, TESS_TRAY_CSPACE) | in_cspace, &info)) &&
           (info.type & 0xff) == TESS_TYPE_IRQ_HANDLER && info.size == number;
}

static enum tess_claim_answer give_interrupts(const struct client *c, tess_word *where)
{
    tess_irq_control control = {tess_slot_of("shelf", TESS_SHELF_IRQ_CONTROL)};
    tess_cnode cspace = {in_tray(c, TESS_TRAY_CSPACE)};
    const struct system_irq *i = NULL;
    uint32_t number = 0;

    for (unsigned n = 0; (i = system_given(&description, c->program, SYSTEM_IRQ, i)) != NULL; n++) {
        tess_notification signal = {in_tray(c, TESS_TRAY_SIGNALS + n)};
        tess_cptr slot = 1 + n;
        if (!interrupt_of(i, &number))
            return TESS_CLAIM_ABSENT;
        *where = number;
        if (has_handler(c, slot, number))
            continue;
        tess_result result =
            tess_irq_control_get(control, number, cspace, slot, signal, (enum tess_irq_trigger)i->trigger, 1);
        if (result.error == TESS_ERR_BOUND)
            return TESS_CLAIM_TAKEN;
        if (!say(c, i->name, result))
            return TESS_CLAIM_FAILED;
    }
    return TESS_CLAIM_OK;
}

static enum tess_claim_answer serve_claim(tess_word badge, tess_word *where)
{
    tess_word whose;
    struct client c;

    *where = 0;
    if (!find_client(TESS_CLAIM_NUMBER(badge), &c, &whose) || whose != badge)
        return TESS_CLAIM_DENIED;
    enum tess_claim_answer answer = give_registers(&c, where);
    return answer == TESS_CLAIM_OK ? give_interrupts(&c, where) : answer;
}

/* ---- Listing ----------------------------------------------------------------------------------------------- */

/* Is it described as given the device, and has it claimed? */
static bool holds(const struct client *c, unsigned device)
{
    const struct system_map *m = NULL;
    const struct system_irq *i = NULL;
    struct tess_inspect info;
    bool described = false;

    while ((m = system_given(&description, c->program, SYSTEM_MAP, m)) != NULL)
        described |= system_region(&description, m->region)->device == device;
    while ((i = system_given(&description, c->program, SYSTEM_IRQ, i)) != NULL)
        described |= i->device == device;
    return described && !tess_failed(tess_inspect(in_tray(c, TESS_TRAY_SIGNALS + c->irqs), &info)) &&
           (info.type & 0xff) == TESS_TYPE_FRAME;
}

static const char *holder_of(unsigned device)
{
    struct client c;
    tess_word badge;

    for (unsigned number = 1; TESS_SHELF_TRAYS + number < TESS_SHELF_FREE; number++) {
        if (find_client(number, &c, &badge) && holds(&c, device))
            return c.program->name;
    }
    return "";
}

static enum tess_claim_answer serve_list(tess_message *m, unsigned *words)
{
    unsigned number = m->words[0] <= SYSTEM_DEVICES_MAX ? (unsigned)m->words[0] : 0;
    const struct device *device = find_get(number);
    char text[TESS_DEVICE_NAME + 2 * TESS_DEVICE_KIND];
    uint32_t interrupt = 0;

    if (device == NULL)
        return TESS_CLAIM_END;
    if (device->present)
        find_interrupt(device, 0, &interrupt);
    m->words[0] = device->present;
    m->words[1] = device->present ? device->address : 0;
    m->words[2] = interrupt;
    const char *kind = device->present && device->kind != NULL ? device->kind : "";
    int length = snprintf(text, sizeof text, "%s%c%.38s%c%s", system_device(&description, number)->name, 0,
                          kind, 0, holder_of(number));
    *words = tess_message_put_bytes(m, 3, text, (size_t)length);
    return TESS_CLAIM_OK;
}

/* ---- At the start ------------------------------------------------------------------------------------------ */

static void tell(enum tess_root_fact fact, tess_word what, tess_word first, tess_word second)
{
    enum tess_root_answer answer = tess_root_tell(root, fact, what, first, second);

    if (answer != TESS_ROOT_OK)
        printf("devices: telling root: %s\n", tess_root_strerror(answer));
}

static void tell_values(void)
{
    for (unsigned n = 1; n <= description.programs; n++) {
        const struct system_value *v = NULL;
        while ((v = system_given(&description, system_program(&description, n), SYSTEM_VALUE, v)) != NULL) {
            const struct device *device = v->source == SYSTEM_VALUE_PROPERTY ? find_get(v->which) : NULL;
            if (device != NULL && device->present)
                tell(TESS_FACT_VALUE, (tess_word)((const char *)v - description.base),
                     find_property(device, v->text, (uint32_t)v->number), 0);
        }
    }
}

static void tell_root(void)
{
    for (unsigned n = 1; n <= description.devices; n++)
        tell(TESS_FACT_DEVICE, n, find_get(n)->present, find_get(n)->kind_number);
    for (unsigned n = 1; n <= description.regions; n++) {
        const struct system_region *r = system_region(&description, n);
        const struct device *device = find_get(r->device);
        uint64_t address, bytes;
        if (device != NULL && device->present && find_registers(device, r->block, &address, &bytes))
            tell(TESS_FACT_REGION, n, address, bytes);
    }
    tell_values();
}

static enum tess_handled message(struct tess_server *server, tess_message *m)
{
    enum tess_claim_answer answer = TESS_CLAIM_BAD_REQUEST;
    unsigned words = 0;

    (void)server;
    switch (TESS_INFO_LABEL(m->info)) {
    case TESS_CLAIM:
        answer = serve_claim(m->badge, &m->words[0]);
        words = 1;
        break;
    case TESS_CLAIM_LIST:
        answer = serve_list(m, &words);
        break;
    }
    m->info = TESS_INFO(answer, words, 0);
    return TESS_HANDLED_ANSWER;
}

int main(void)
{
    struct tess_server server = {.message = message, .successor = &tess_no_state};
    size_t system_bytes, tree_bytes;

    tess_server_open(&server);
    root.address = tess_need_capability("root");
    tess_need_region("description", sizeof(struct system_header));
    const void *system = tess_start_region("description", &system_bytes);
    const char *wrong = system_open(&description, system, system_bytes);
    const void *tree = tess_start_region("device_tree", &tree_bytes);
    if (wrong == NULL && (tree == NULL || !find_init(tree, tree_bytes)))
        wrong = "the device tree is missing or damaged";
    if (wrong != NULL) {
        printf("devices: %s\n", wrong);
        return 1;
    }
    for (unsigned n = 1; n <= description.devices; n++)
        find_device(system_device(&description, n));
    tell_root();
    tess_server_take_over(&server);
    tess_serve(&server);
}
