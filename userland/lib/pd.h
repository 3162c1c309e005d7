/*
 * userland/lib/pd.h: a program as a protection domain: entry points instead of a main function.
 *
 * The shape is Microkit's. A program defines init, and of the others those it needs; the library waits,
 * finds out what came, calls the entry point, and answers. Channels are known by the numbers that the system
 * description gives them in this program (`id` of <end> and <irq>; without a `name`, see below).
 *
 *     #include "userland/lib/pd.h"
 *
 *     void init(void) {}
 *
 *     tess_msginfo protected(tess_channel channel, tess_msginfo info)
 *     {
 *         tess_mr_set(0, tess_mr_get(0) + tess_mr_get(1));
 *         return tess_msginfo_new(0, 1);
 *     }
 *
 * Words of a message are kept by the library from when they come to when the answer goes, all 64 of them:
 * printf in between does no harm, tess_ppcall replaces them. What is underneath (userland/lib/server.h,
 * userland/lib/tess.h, the start block) stays usable beside this.
 */
#ifndef TESSERA_USERLAND_LIB_PD_H
#define TESSERA_USERLAND_LIB_PD_H

#include "userland/lib/root.h"
#include "userland/lib/server.h"
#include "userland/lib/start.h"
#include "userland/lib/window.h"

typedef unsigned tess_channel;
typedef tess_word tess_msginfo; /* TESS_INFO(label, words, 0) */

/* ---- What the program defines ------------------------------------------------------------------------ */

/* Called once, before anything is waited for. The arguments of the program: tess_argc, tess_argv. */
void init(void);

/* The other side of the channel has signalled, or the interrupt of that number has come: then tess_irq_ack
 * lets the next one through. */
void notified(tess_channel channel);

/* The other side calls; what is returned is the answer, with the words set by tess_mr_set. */
tess_msginfo protected(tess_channel channel, tess_msginfo info);

/*
 * A child, a protection domain that the system description has inside this one, has faulted. The label is an enum
 * tess_fault, and words 0 to 3 are those of TH-10: pc, address, scause, sp. True: it goes on as *answer says, which is
 * label 0 for at its pc, and with a word, at that. False: it stays where it is. A program without this entry point
 * leaves its children to root, as tess_pd_crashed does. While the child waits here, tess_hold holds it as a caller.
 */
bool fault(tess_channel child, tess_msginfo info, tess_msginfo *answer);

/*
 * Live upgrade: a program that defines these can be replaced by another version of itself while it serves
 * (`upgrade` in the shell). hand_over writes its state, of a form that has the number tess_state_version, and
 * returns its bytes, or TESS_HAND_OVER_CANNOT; the program that is started instead gets them with take_over,
 * after its init, and may refuse with false: then it ends, and the old one goes on. Callers that are held
 * (tess_hold) keep their numbers. Until take_over has returned a successor only looks at what it shares with
 * others; tess_is_successor says whether it is one.
 */
size_t hand_over(void *state, size_t room);
bool take_over(uint32_t version, const void *state, size_t bytes);
extern const uint32_t tess_state_version; /* without a definition: 1 */

/* ---- What it may call -------------------------------------------------------------------------------- */

extern int tess_argc;
extern char **tess_argv;

tess_msginfo tess_msginfo_new(tess_word label, unsigned words);
tess_word tess_msginfo_label(tess_msginfo info);
unsigned tess_msginfo_words(tess_msginfo info);

/* Words of the message at hand, 0 to 63; those that were not sent are 0. */
tess_word tess_mr_get(unsigned word);
void tess_mr_set(unsigned word, tess_word value);

/* Of the call that is handled: the channel, and, where the channel belongs to a template, from bit 32 on the
 * number of the program. */
tess_word tess_badge(void);

void tess_notify(tess_channel channel);
void tess_irq_ack(tess_channel channel);

/*
 * Calls the other side; the answer's words replace those of the call. When there is no answer, because that
 * program ended or was given up, the label is TESS_LABEL_FAILED and word 0 the enum tess_error: after
 * TESS_ERR_CANCELLED the call can be made again.
 */
#define TESS_LABEL_FAILED ((1ull << 52) - 1)
tess_msginfo tess_ppcall(tess_channel channel, tess_msginfo info);

/*
 * Keeps the caller of the call that is handled waiting; what the entry point then returns is ignored, and
 * tess_answer_held answers it, when and where the program likes. Only where tess_can_hold says yes: the
 * description's `callers` is how many can be held.
 */
bool tess_can_hold(void);
unsigned tess_hold(void);
void tess_answer_held(unsigned caller, tess_msginfo info);

/* The loop underneath: endpoint and Reply objects are those of the start block, or none. A program that makes
 * its own puts them here in init. */
extern struct tess_server tess_pd_server;

/* Of the fault at hand: "NAME: child ID: CAUSE at 0xPC, address 0xADDR". */
void tess_fault_print(tess_channel child, tess_msginfo info);

/*
 * Of a child, by its id. RESTART ends it, if it runs, and starts it from its file with all it is given, as at first; a
 * fault that is being handled has no one to answer then. STOP suspends it; RESUME lets go on who was stopped, or stays
 * at its fault. CRASHED, of one that stands at its fault, leaves the rest to root: it prints the fault, ends the child,
 * and starts it again as `crashes` and `backoff` say. All return TESS_ROOT_OK, or why not.
 */
enum tess_root_answer tess_pd_restart(tess_channel child);
enum tess_root_answer tess_pd_stop(tess_channel child);
enum tess_root_answer tess_pd_resume(tess_channel child);
enum tess_root_answer tess_pd_crashed(tess_channel child);

/*
 * Capability `i` (0 to 7) of the message that is being made: the answer, or the call that tess_ppcall makes. It travels
 * if this end of the channel has `grant` in the system description, and the other one has room; it is a copy with all
 * rights. What comes is where userland/lib/window.h says, while the call is handled or until the next tess_ppcall.
 */
void tess_cap_set(unsigned i, tess_cptr capability);

#endif
