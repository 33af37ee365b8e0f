/* A set of word hashes, emptied and sized anew for every text. */
#include "kernels.h"

#include <stdlib.h>

#define FIRST_BITS_LEAST 6
#define REST_BITS_LEAST 6
#define REST_BITS_KEPT 8

static size_t slot(uint64_t hash, unsigned bits) { return (size_t)(hash * 0xd6e8feb86659fd93u >> (64 - bits)); }

static void put(word_set *set, uint64_t hash) {
    size_t mask = ((size_t)1 << set->rest_bits) - 1, at = slot(hash, set->rest_bits);
    while (set->rest[at] && set->rest[at] != hash) at = (at + 1) & mask;
    set->rest_used += set->rest[at] == 0;
    set->rest[at] = hash;
}

static int grow(word_set *set, unsigned bits) {
    uint64_t *old = set->rest, *fresh = calloc((size_t)1 << bits, sizeof *fresh);
    size_t slots = old ? (size_t)1 << set->rest_bits : 0;
    if (!fresh) return NO_MEMORY;
    set->rest = fresh;
    set->rest_bits = bits;
    set->rest_used = 0;
    for (size_t i = 0; i < slots; i++)
        if (old[i]) put(set, old[i]);
    free(old);
    return OK;
}

int set_clear(word_set *set, size_t text_size) {
    unsigned bits = FIRST_BITS_LEAST;
    while ((size_t)1 << bits < text_size / 2 && bits < FIRST_BITS_MOST) bits++;
    if (bits > set->first_most) {
        free(set->first);
        set->first_most = 0;
        set->first = malloc(((size_t)1 << bits) * sizeof *set->first);
        if (!set->first) return NO_MEMORY;
        set->first_most = bits;
    }
    memset(set->first, 0, ((size_t)1 << bits) * sizeof *set->first);
    set->first_bits = bits;
    set->first_used = 0;
    if (set->rest_bits > REST_BITS_KEPT) { /* a huge text is behind us */
        free(set->rest);
        set->rest = NULL;
        set->rest_bits = 0;
    }
    if (!set->rest) return grow(set, REST_BITS_LEAST);
    if (set->rest_used) memset(set->rest, 0, ((size_t)1 << set->rest_bits) * sizeof *set->rest);
    set->rest_used = 0;
    return OK;
}

int set_add_rest(word_set *set, const uint64_t *hashes, size_t count) {
    unsigned bits = set->rest_bits;
    while (2 * (set->rest_used + count) > (size_t)1 << bits) bits++;
    if (bits != set->rest_bits && grow(set, bits + 1) != OK) return NO_MEMORY;
    for (size_t i = 0; i < count; i++) put(set, hashes[i]);
    return OK;
}

void set_free(word_set *set) {
    free(set->first);
    free(set->rest);
}
