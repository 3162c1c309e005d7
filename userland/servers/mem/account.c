/*
 * userland/servers/mem/account.c: promises (userland/servers/mem/account.h).
 */
#include "userland/servers/mem/account.h"

bool ledger_promise(struct ledger *ledger, uint32_t pages)
{
    if (pages > ledger->pages - ledger->promised)
        return false;
    ledger->promised += pages;
    return true;
}

void ledger_release(struct ledger *ledger, uint32_t pages)
{
    ledger->promised -= pages;
}

bool account_open(struct account *account, struct ledger *ledger, uint32_t quota)
{
    *account = (struct account){.ledger = ledger, .quota = quota};
    return ledger_promise(ledger, quota);
}

void account_close(struct account *account)
{
    swap_unreserve(&account->ledger->swap, account->reserved);
    ledger_release(account->ledger, account->quota);
    *account = (struct account){0};
}

/* Places that this needs on the swap disk. */
static uint64_t beyond(const struct account *account, uint64_t charged, uint64_t fixed)
{
    return charged + fixed > account->quota ? charged + fixed - account->quota : 0;
}

bool account_charge(struct account *account, uint32_t pages, uint32_t fixed)
{
    uint64_t charged = (uint64_t)account->charged + pages;
    uint64_t all_fixed = (uint64_t)account->fixed + fixed;
    uint64_t needed = beyond(account, charged, all_fixed);

    if (all_fixed + ACCOUNT_WORKING > account->quota || needed > UINT32_MAX)
        return false;
    if (needed > account->reserved &&
        !swap_reserve(&account->ledger->swap, (uint32_t)needed - account->reserved))
        return false;
    if (needed > account->reserved)
        account->reserved = (uint32_t)needed;
    account->charged = (uint32_t)charged;
    account->fixed = (uint32_t)all_fixed;
    return true;
}

/* Gives up the places that are no longer needed. What lies on the disk needs its place, whatever is charged. */
static void settle(struct account *account)
{
    uint32_t needed = (uint32_t)beyond(account, account->charged, account->fixed);

    if (needed < account->swapped)
        needed = account->swapped;
    if (account->reserved > needed) {
        swap_unreserve(&account->ledger->swap, account->reserved - needed);
        account->reserved = needed;
    }
}

void account_refund(struct account *account, uint32_t pages, uint32_t fixed)
{
    account->charged -= pages;
    account->fixed -= fixed;
    settle(account);
}

bool account_share_swapped(struct account *account)
{
    if (account->swapped == account->reserved) {
        if (!swap_reserve(&account->ledger->swap, 1))
            return false;
        account->reserved++;
    }
    account->swapped++;
    return true;
}

void account_swapped(struct account *account)
{
    account->resident--;
    account->swapped++;
}

void account_unswapped(struct account *account)
{
    account->swapped--;
    settle(account);
}

bool account_has_room(const struct account *account)
{
    return account->resident + account->fixed < account->quota;
}
