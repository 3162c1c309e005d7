/*
 * tests/conformance/device.c: finds a UART in the flattened device tree, and works its interrupt.
 */
#include "tests/conformance/device.h"

#define FDT_BEGIN_NODE 1u
#define FDT_END_NODE   2u
#define FDT_PROPERTY   3u
#define FDT_NOP        4u

static uint32_t big(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

static bool equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

/* Is one of the strings of the property `wanted`? */
static bool compatible(const uint8_t *value, uint32_t length, const char *wanted)
{
    for (uint32_t at = 0; at < length;) {
        if (equal((const char *)value + at, wanted))
            return true;
        while (at < length && value[at])
            at++;
        at++;
    }
    return false;
}

/* Gathers what a node says; true at its end if it is a UART. Two cells for addresses, as both boards have. */
static bool property(struct device *device, const char *name, const uint8_t *value, uint32_t length)
{
    if (equal(name, "reg") && length >= 16)
        device->base = (tess_word)big(value) << 32 | big(value + 4);
    if (equal(name, "interrupts") && length == 4)
        device->irq = big(value);
    if (equal(name, "compatible") && compatible(value, length, "sifive,uart0"))
        return device->sifive = true;
    return equal(name, "compatible") && compatible(value, length, "ns16550a");
}

static bool find(struct device *device, const uint8_t *tree)
{
    const uint8_t *at = tree + big(tree + 8);
    const char *names = (const char *)tree + big(tree + 12);
    bool is_uart = false;

    for (;;) {
        uint32_t token = big(at);
        at += 4;
        if (token == FDT_BEGIN_NODE) {
            *device = (struct device){0};
            is_uart = false;
            while (*at)
                at++;
            at = (const uint8_t *)(((tess_word)at + 4) & ~3ull);
        } else if (token == FDT_PROPERTY) {
            uint32_t length = big(at), name = big(at + 4);
            is_uart |= property(device, names + name, at + 8, length);
            at += 8 + (length + 3) / 4 * 4;
        } else if (token == FDT_END_NODE) {
            if (is_uart && device->base && device->irq)
                return true;
            is_uart = false;
        } else if (token != FDT_NOP) {
            return false;
        }
    }
}

static bool begins(const char *text, const char *with)
{
    while (*with && *text == *with)
        text++, with++;
    return *with == 0;
}

tess_word device_registers_end(tess_word at)
{
    const struct tess_record *record = rt_record(NULL, TESS_RECORD_DEVICE_TREE);
    const uint8_t *tree = (const uint8_t *)(record + 1), *token = tree + big(tree + 8);
    const char *names = (const char *)tree + big(tree + 12);
    bool memory = false;

    for (;; token += 4) {
        uint32_t kind = big(token);
        if (kind == FDT_BEGIN_NODE) {
            memory = begins((const char *)token + 4, "memory");
            while (token[4])
                token++;
            token = (const uint8_t *)(((tess_word)token + 4) & ~3ull);
        } else if (kind == FDT_PROPERTY) {
            uint32_t length = big(token + 4);
            const uint8_t *reg = token + 12;
            bool cells = equal(names + big(token + 8), "reg") && length % 16 == 0 && !memory;
            for (uint32_t i = 0; cells && i < length; i += 16) {
                tess_word base = (tess_word)big(reg + i) << 32 | big(reg + i + 4);
                tess_word end = base + ((tess_word)big(reg + i + 8) << 32 | big(reg + i + 12));
                if (at >= (base & ~4095ull) && at < ((end + 4095) & ~4095ull))
                    return (end + 4095) & ~4095ull;
            }
            token += 8 + (length + 3) / 4 * 4;
        } else if (kind != FDT_END_NODE && kind != FDT_NOP) {
            return 0;
        }
    }
}

/* What it asked for before may be pending, and would come at once (IRQ-8). */
static void take_pending(const struct device *device)
{
    tess_cptr handler = rt_slot();
    REQUIRE_OK(rt_invoke(rt_boot.irq_control, TESS_IRQ_CONTROL_GET, device->irq, rt_boot.cnode, handler,
                         new_notification(), TESS_IRQ_LEVEL, 1));
    REQUIRE_OK(rt_delete(handler)); /* which completes it */
}

void device_open(struct device *device)
{
    const struct tess_record *tree = rt_record(NULL, TESS_RECORD_DEVICE_TREE);
    const struct tess_record_untyped *untyped = NULL;
    if (!tree || !find(device, (const uint8_t *)(tree + 1)))
        SKIP("no UART that this test knows");
    while ((untyped = rt_record(untyped, TESS_RECORD_UNTYPED)) != NULL) {
        if (untyped->kind != TESS_MEMORY_DEVICE || device->base < untyped->base ||
            device->base - untyped->base >= untyped->length)
            continue;
        REQUIRE_OK(rt_invoke(untyped->address, TESS_UNTYPED_RESET));
        if (device->base != untyped->base)
            REQUIRE_OK(
                rt_retype(untyped->address, TESS_TYPE_UNTYPED, device->base - untyped->base, rt_slot(), 1));
        device->frame = rt_slot();
        REQUIRE_OK(rt_retype(untyped->address, TESS_TYPE_FRAME, TESS_FRAME_4K, device->frame, 1));
        REQUIRE_OK(rt_map(rt_boot.vspace, device->frame, DEVICE_AT, RIGHTS_RW));
        device_raise(device, false);
        take_pending(device);
        return;
    }
    SKIP("the UART is in no device memory of root");
}

#define NS16550A_IER      1u
#define NS16550A_IER_THRE 2u
#define SIFIVE_TXCTRL     2u /* in words of 32 bits */
#define SIFIVE_IE         4u
#define SIFIVE_TX_ENABLE  1u
#define SIFIVE_TX_COUNT   (1u << 16) /* watermark: fewer than one byte in the queue */
#define SIFIVE_IE_TX      1u

void device_raise(const struct device *device, bool up)
{
    volatile uint8_t *bytes = (volatile uint8_t *)DEVICE_AT;
    volatile uint32_t *words = (volatile uint32_t *)DEVICE_AT;
    if (!device->sifive) {
        bytes[NS16550A_IER] = up ? NS16550A_IER_THRE : 0;
        return;
    }
    words[SIFIVE_TXCTRL] = SIFIVE_TX_ENABLE | SIFIVE_TX_COUNT;
    words[SIFIVE_IE] = up ? SIFIVE_IE_TX : 0;
}

void device_keep(const struct device *device)
{
    device_raise(device, false);
    device_raise(device, true);
}
