/* Which texts share a band of MinHash slots, and which of those are near duplicates by their exact Jaccard similarity. */
#include "near.h"

#include <stdlib.h>

#define NONE UINT32_MAX

/* One bit a slot that two texts share, the first slot lowest. */
static inline void equal_slots(const uint8_t *left, const uint8_t *right, uint64_t equal[2]) {
    for (int half = 0; half < 2; half++) {
        uint64_t bits = 0;
        for (int i = 0; i < 8; i++) {
            uint64_t x = load64(left + 64 * half + 8 * i) ^ load64(right + 64 * half + 8 * i);
            uint64_t differs = ((x & 0x7f7f7f7f7f7f7f7fu) + 0x7f7f7f7f7f7f7f7fu) | x;
            bits |= ((~differs >> 7 & 0x0101010101010101u) * 0x0102040810204080u >> 56) << (8 * i);
        }
        equal[half] = bits;
    }
}

static inline int share_band(const uint64_t equal[2], size_t first, size_t slots) {
    for (size_t k = first; k < first + slots; k++)
        if (!(equal[k >> 6] >> (k & 63) & 1)) return 0;
    return 1;
}

static uint64_t band_key(const uint8_t *slots, size_t count) {
    uint64_t h = count;
    for (size_t k = 0; k < count; k++) h = (h ^ slots[k]) * 0x9e3779b97f4a7c15u, h ^= h >> 29;
    return h;
}

double jaccard(const uint64_t *left, size_t left_size, const uint64_t *right, size_t right_size) {
    size_t i = 0, j = 0, shared = 0;
    while (i < left_size && j < right_size) {
        uint64_t a = left[i], b = right[j];
        shared += a == b;
        i += a <= b;
        j += b <= a;
    }
    size_t all = left_size + right_size - shared;
    return all ? (double)shared / (double)all : 0.0;
}

static uint32_t root_of(int32_t *parent, uint32_t at) {
    while (parent[at] != (int32_t)at) {
        parent[at] = parent[parent[at]];
        at = (uint32_t)parent[at];
    }
    return at;
}

static void join(int32_t *parent, uint32_t left, uint32_t right) { /* the smaller number becomes the root */
    if (left < right) parent[right] = (int32_t)left;
    else parent[left] = (int32_t)right;
}

/* True when the two agree in enough slots and in no band before `band`, where they were met already. */
static int is_new_candidate(band_search *s, size_t band, uint32_t left, uint32_t right) {
    uint64_t equal[2];
    s->compared++;
    equal_slots(s->slots + SLOTS * (size_t)left, s->slots + SLOTS * (size_t)right, equal);
    if (bit_count(equal[0]) + bit_count(equal[1]) < s->least_equal) return 0;
    for (size_t b = 0; b < band; b++)
        if (share_band(equal, b * s->band_slots, s->band_slots)) return 0;
    return 1;
}

#define MARKED 1 /* has a candidate */
#define CUT 2    /* has more texts of one band key before it than it is compared with */

static void mark_pair(band_search *s, size_t band, uint32_t left, uint32_t right, uint8_t *marked) {
    if ((marked[left] & marked[right] & MARKED) || !is_new_candidate(s, band, left, right)) return;
    marked[left] |= MARKED;
    marked[right] |= MARKED;
}

static void join_pair(band_search *s, size_t band, uint32_t left, uint32_t right, int32_t *parent) {
    uint32_t a = root_of(parent, left), b = root_of(parent, right);
    if (a == b || !is_new_candidate(s, band, left, right)) return;
    const int64_t *from = s->starts, *to = s->ends;
    s->verified++;
    if (jaccard(s->sets + from[left], (size_t)(to[left] - from[left]), s->sets + from[right],
                (size_t)(to[right] - from[right])) < s->threshold)
        return;
    s->joined++;
    join(parent, a, b);
}

/* Walks one band: texts of equal key hang in one chain, and each new one is compared with those before it. */
static void walk_band(band_search *s, size_t band, uint32_t *heads, size_t mask, uint32_t *next, uint8_t *marked,
                      int32_t *parent) {
    size_t first = band * s->band_slots;
    memset(heads, 0xff, (mask + 1) * sizeof *heads);
    for (uint32_t i = 0; i < s->texts; i++) {
        const uint8_t *mine = s->slots + SLOTS * (size_t)i + first;
        size_t at = (size_t)band_key(mine, s->band_slots) & mask;
        while (heads[at] != NONE && memcmp(s->slots + SLOTS * (size_t)heads[at] + first, mine, s->band_slots) != 0)
            at = (at + 1) & mask;
        next[i] = heads[at];
        heads[at] = i;
        size_t seen = 0;
        for (uint32_t j = next[i]; j != NONE; j = next[j], seen++) {
            if (seen == s->chain_most) {
                s->cut++;
                if (marked) marked[i] |= CUT;
                break;
            }
            if (marked) mark_pair(s, band, j, i, marked);
            else join_pair(s, band, j, i, parent);
        }
    }
}

static int walk(band_search *s, uint8_t *marked, int32_t *parent) {
    size_t size = 16;
    if (s->texts >= INT32_MAX) return TOO_LONG;
    while (size < s->texts + s->texts / 2 + 1) size *= 2;
    uint32_t *heads = malloc(size * sizeof *heads), *next = malloc((s->texts + 1) * sizeof *next);
    int status = heads && next ? OK : NO_MEMORY;
    for (size_t band = 0; band < s->bands && status == OK; band++)
        walk_band(s, band, heads, size - 1, next, marked, parent);
    free(heads);
    free(next);
    return status;
}

int mark_candidates(band_search *s, uint8_t *marked) { return walk(s, marked, NULL); }

int join_duplicates(band_search *s, int32_t *parent) {
    for (size_t i = 0; i < s->texts; i++) parent[i] = (int32_t)i;
    int status = walk(s, NULL, parent);
    for (size_t i = 0; i < s->texts && status == OK; i++) parent[i] = (int32_t)root_of(parent, (uint32_t)i);
    return status;
}
