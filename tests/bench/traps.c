/*
 * tests/bench/traps.c: page faults and interrupts that become messages and signals.
 */
#include "tests/bench/bench.h"

#define UNMAPPED (RT_AREA + 0x40000000ull)

static struct bench_actor one, other;

#define ENDS() bench_actors_end((struct bench_actor *const[]){&one, &other}, 2)

/* ---- faults: the handler sets the pc behind the faulting instruction ------------------------------------ */

static void fault_rows(bool passive, const char *fault_name, const char *reply_name)
{
    struct bench_series series = {.count = 0};
    tess_cptr endpoint = rt_alloc(TESS_TYPE_ENDPOINT, 0);

    one = (struct bench_actor){
        .space = 0,
        .endpoint = endpoint,
        .reply = rt_alloc(TESS_TYPE_REPLY, 0),
        .first = {.operation = TESS_SYS_RECV, .cap = BENCH_CAP_ENDPOINT, .reply = BENCH_CAP_REPLY},
        .each = {.operation = TESS_SYS_REPLY_RECV,
                 .cap = BENCH_CAP_ENDPOINT,
                 .reply = BENCH_CAP_REPLY,
                 .info = TESS_INFO(0, 1, 0),
                 .words = {(tess_word)bench_fault_after}}};
    other = (struct bench_actor){.space = 1,
                                 .notification = rt_alloc(TESS_TYPE_NOTIFICATION, 0),
                                 .rounds = BENCH_ROUNDS,
                                 .act = bench_fault,
                                 .each = {.words = {UNMAPPED}}};
    bench_actor_start(&one);
    if (passive)
        bench_actor_passive(&one);
    bench_actor_start(&other, .handler = endpoint);
    bench_pair(&series, &other, &one);
    bench_report(fault_name, &series);
    bench_pair(&series, &one, &other);
    bench_report(reply_name, &series);
    ENDS();
}

void bench_faults(void)
{
    fault_rows(true, "fault", "fault_reply");
    fault_rows(false, "fault_active", "fault_reply_active");
}

/* ---- interrupts: a write to the ns16550a of QEMU's virt makes it raise "transmitter empty" -------------- */

#define UART_BASE 0x10000000ull
#define UART_IRQ  10u
#define UART_AT   (RT_AREA + 0x80000000ull)
#define UART_IER  1u
#define UART_IIR  2u
#define IER_EMPTY 2u
#define RIGHTS_RW (TESS_RIGHT_READ | TESS_RIGHT_WRITE)

static struct bench_call ack = {
    .operation = TESS_SYS_CALL, .cap = BENCH_CAP_IRQ, .info = TESS_INFO(TESS_IRQ_HANDLER_ACK, 0, 0)};
static struct bench_series acks;

/* The driver's: quiet the device, then tell the kernel. */
static void driver_between(struct bench_actor *actor)
{
    volatile uint8_t *uart = (volatile uint8_t *)UART_AT;
    (void)uart[UART_IIR];
    uart[UART_IER] = 0;
    bench_syscall(&ack);
    actor->failed = TESS_STATUS_ERROR(ack.status);
    bench_add(&acks, bench_cost(ack.before, ack.after));
}

/* A frame over the registers, or TESS_NULL: not this board. *untyped: what it was made from. */
static tess_cptr uart_frame(tess_cptr *untyped)
{
    const struct tess_record_untyped *record = NULL;
    while ((record = rt_record(record, TESS_RECORD_UNTYPED)) != NULL)
        if (record->kind == TESS_MEMORY_DEVICE && record->base <= UART_BASE &&
            UART_BASE - record->base < record->length)
            break;
    if (!record)
        return TESS_NULL;
    if (record->base < UART_BASE)
        bench_must(rt_retype(record->address, TESS_TYPE_UNTYPED, UART_BASE - record->base, bench_slot(), 1),
                   "leave out what lies before the registers");
    tess_cptr frame = bench_slot();
    *untyped = record->address;
    bench_must(rt_retype(record->address, TESS_TYPE_FRAME, TESS_FRAME_4K, frame, 1), "the registers' frame");
    return frame;
}

void bench_interrupts(void)
{
    struct bench_series series = {.count = 0};
    tess_cptr untyped, frame = uart_frame(&untyped), handler = bench_slot();
    tess_cptr notification = rt_alloc(TESS_TYPE_NOTIFICATION, 0);

    if (!frame)
        return;
    bench_must(rt_map(bench_spaces[0], frame, UART_AT, RIGHTS_RW), "map the registers");
    bench_must(rt_map(bench_spaces[1], rt_copied(frame, TESS_RIGHTS_ALL), UART_AT, RIGHTS_RW),
               "map them again");
    bench_must(rt_invoke(rt_boot.irq_control, TESS_IRQ_CONTROL_GET, UART_IRQ, rt_boot.cnode, handler,
                         notification, TESS_IRQ_LEVEL, 1),
               "get the interrupt");
    one = (struct bench_actor){.space = 0,
                               .notification = notification,
                               .irq = handler,
                               .between = driver_between,
                               .each = {.operation = TESS_SYS_RECV, .cap = BENCH_CAP_NOTIFICATION}};
    other = (struct bench_actor){.space = 1,
                                 .rounds = BENCH_ROUNDS,
                                 .act = bench_store,
                                 .each = {.words = {UART_AT + UART_IER, IER_EMPTY}}};
    bench_actor_start(&one, .priority = BENCH_HIGHER);
    bench_actor_start(&other);
    bench_pair(&series, &other, &one);
    bench_report("irq_driver", &series);
    bench_report("irq_ack", &acks);
    bench_pair(&series, &one, &other);
    bench_report("irq_wait_blocks", &series); /* the driver waits again, to the interrupted thread */
    ENDS();
    bench_must(rt_delete(handler), "delete the handler");
    bench_must(rt_revoke(untyped), "take back the registers");
    bench_must(rt_invoke(untyped, TESS_UNTYPED_RESET), "reset the registers' memory");
}
