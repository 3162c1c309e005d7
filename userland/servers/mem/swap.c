/*
 * userland/servers/mem/swap.c: the places of the swap disk (userland/servers/mem/swap.h).
 */
#include "userland/servers/mem/swap.h"

void swap_init(struct swap *swap, uint32_t places, uint8_t *users)
{
    *swap = (struct swap){.places = places, .reserved = places > 0 ? 1 : 0, .users = users};
}

bool swap_reserve(struct swap *swap, uint32_t places)
{
    if (places > swap->places - swap->reserved)
        return false;
    swap->reserved += places;
    return true;
}

void swap_unreserve(struct swap *swap, uint32_t places)
{
    swap->reserved -= places;
}

uint32_t swap_take(struct swap *swap)
{
    for (uint32_t i = 0; i < swap->places; i++) {
        uint32_t place = swap->next + i < swap->places ? swap->next + i : swap->next + i - swap->places;
        if (swap->users[place] == 0) {
            swap->users[place] = 1;
            swap->used++;
            swap->next = place + 1 < swap->places ? place + 1 : 0;
            return place;
        }
    }
    return SWAP_NONE;
}

bool swap_share(struct swap *swap, uint32_t place)
{
    if (swap->users[place] == UINT8_MAX)
        return false;
    swap->users[place]++;
    return true;
}

void swap_drop(struct swap *swap, uint32_t place)
{
    if (--swap->users[place] == 0)
        swap->used--;
}
