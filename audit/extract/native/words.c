/* Words, different words, and the phrases that end with a word. */
#include "kernels.h"

#include <stdlib.h>

#define EDGE 200 /* code points at either end, as in twin.py */

static const uint64_t K1 = 0x9e3779b97f4a7c15u, K2 = 0xc2b2ae3d27d4eb4fu, K3 = 0xd6e8feb86659fd93u;

static inline uint64_t keep_bytes(unsigned n) { return n >= 8 ? ~(uint64_t)0 : ((uint64_t)1 << (8 * n)) - 1; }

/* ASCII capitals become small. Only for bytes of words: of ASCII these are letters, digits and the apostrophe, of which
 * only capitals lack bit 0x20. */
static inline uint64_t fold(uint64_t x) { return x | (~x & 0x8080808080808080u) >> 2; }

static inline void load16(const uint8_t *p, size_t size, const uint8_t *limit, uint64_t out[2]) {
    uint8_t copy[16];
    if ((size_t)(limit - p) < 16) {
        memset(copy, 0, sizeof copy);
        memcpy(copy, p, size < 16 ? size : 16);
        p = copy;
    }
    out[0] = fold(load64(p)) & keep_bytes((unsigned)(size < 8 ? size : 8));
    out[1] = size > 8 ? fold(load64(p + 8)) & keep_bytes((unsigned)(size < 16 ? size - 8 : 8)) : 0;
}

uint64_t word_hash(const uint8_t *word, size_t size, const uint8_t *limit) {
    uint64_t h = 0, x[2];
    for (;;) {
        load16(word, size, limit, x);
        uint64_t high = x[1] * K2;
        h = ((h ^ x[0]) * K1) ^ (high >> 31 | high << 33);
        if (size <= 16) break;
        h ^= h >> 32;
        word += 16;
        size -= 16;
    }
    h ^= h >> 29;
    h *= K3;
    h ^= h >> 32;
    return h ? h : 1;
}

static int set_grow(word_set *set, size_t slots) {
    uint64_t *fresh = calloc(slots, sizeof *fresh);
    if (!fresh) return NO_MEMORY;
    for (size_t i = 0; set->used && i <= set->mask; i++) {
        uint64_t h = set->seen[i];
        if (!h) continue;
        size_t at = h & (slots - 1);
        while (fresh[at]) at = (at + 1) & (slots - 1);
        fresh[at] = h;
    }
    free(set->seen);
    set->seen = fresh;
    set->capacity = slots;
    set->mask = slots - 1;
    return OK;
}

/* Empties the set and sizes it for a text of so many bytes. */
static int set_clear(word_set *set, size_t text_size) {
    size_t slots = 64;
    while (slots < text_size / 2 && slots < 8192) slots *= 2;
    set->used = 0;
    if (slots > set->capacity) return set_grow(set, slots);
    set->mask = slots - 1;
    memset(set->seen, 0, slots * sizeof *set->seen);
    return OK;
}

static inline int set_add(word_set *set, uint64_t hash) {
    size_t at = hash & set->mask;
    while (set->seen[at] && set->seen[at] != hash) at = (at + 1) & set->mask;
    set->used += set->seen[at] == 0;
    set->seen[at] = hash;
    if (2 * set->used <= set->mask) return OK;
    return set_grow(set, 4 * (set->mask + 1));
}

typedef struct {
    uint64_t hash;
    size_t start, end;
} word;

typedef struct {
    word recent[LONGEST_PHRASE]; /* word number k stands at k % LONGEST_PHRASE */
    size_t head_end, tail_start; /* bytes: behind code point EDGE, and of the EDGE-th from the end */
} memory;

static size_t head_end(const passage *p) {
    size_t at = 0;
    if (p->is_ascii) return p->size < EDGE ? p->size : EDGE;
    for (unsigned n = 0, bytes; n < EDGE && at < p->size; n++) {
        decode(p->text, at, p->size, &bytes);
        at += bytes;
    }
    return at;
}

static size_t tail_start(const passage *p) {
    size_t at = p->size;
    if (p->is_ascii) return p->size < EDGE ? 0 : p->size - EDGE;
    for (unsigned n = 0; n < EDGE && at; n++) {
        at--;
        while (at && (p->text[at] & 0xc0) == 0x80) at--;
    }
    return at;
}

static int has_ender(const passage *p, size_t from, size_t to) {
    if (from >= to) return 0;
    size_t first = from >> 6, last = (to - 1) >> 6;
    for (size_t i = first; i <= last; i++) {
        uint64_t m = p->blocks[i][ENDER];
        if (i == first) m &= ~(uint64_t)0 << (from & 63);
        if (i == last) m &= ~(uint64_t)0 >> (63 - ((to - 1) & 63));
        if (m) return 1;
    }
    return 0;
}

static int stands(const passage *p, const memory *m, size_t last, const phrase *f) {
    if (last + 1 < (size_t)f->size) return 0;
    for (int k = 1; k < f->size; k++)
        if (m->recent[(last - (size_t)k) % LONGEST_PHRASE].hash != f->words[k]) return 0;
    for (int k = 1; k < f->size; k++) {
        const word *before = &m->recent[(last - (size_t)k) % LONGEST_PHRASE];
        const word *after = &m->recent[(last - (size_t)k + 1) % LONGEST_PHRASE];
        if (has_ender(p, before->end, after->start)) return 0;
    }
    return 1;
}

static void match_phrases(const passage *p, const memory *m, size_t last, word_counts *counts) {
    size_t candidates;
    const phrase *f = lexicon_find(m->recent[last % LONGEST_PHRASE].hash, &candidates);
    unsigned seen = 0;
    for (; candidates; candidates--, f++) {
        if (!stands(p, m, last, f)) continue;
        size_t first = last + 1 - (size_t)f->size, start = m->recent[first % LONGEST_PHRASE].start;
        if (f->group >= OPENER) {
            int rank = f->group - OPENER + 1;
            if (first == 0 && (counts->opener == 0 || rank < counts->opener)) counts->opener = rank;
        } else if ((f->group != REFUSAL || start < m->head_end) && (f->group != CLOSER || start >= m->tail_start)) {
            seen |= 1u << f->group;
        }
    }
    for (int g = 0; g < OPENER; g++) counts->hits[g] += seen >> g & 1;
}

static inline int take(const passage *p, word_set *set, memory *m, word_counts *counts, size_t start, size_t end) {
    uint64_t hash = word_hash(p->text + start, end - start, p->limit);
    size_t number = (size_t)counts->words++;
    m->recent[number % LONGEST_PHRASE] = (word){hash, start, end};
    if (lexicon_may_hold(hash)) match_phrases(p, m, number, counts);
    return set_add(set, hash);
}

int count_words(const passage *p, word_set *set, word_counts *counts) {
    memory m;
    uint64_t carry = 0, carry_spaced = 0, carry_unspaced = 0;
    size_t start = 0;
    int is_open = 0, status = set_clear(set, p->size);
    memset(counts, 0, sizeof *counts);
    m.head_end = head_end(p);
    m.tail_start = tail_start(p);
    for (size_t i = 0; i < p->blocks_used && status == OK; i++) {
        const uint64_t *b = p->blocks[i];
        uint64_t spaced = b[WORD] & ~b[UNSPACED], all = b[WORD];
        if (b[APOSTROPHE]) {
            const uint64_t *next = i + 1 < p->blocks_used ? p->blocks[i + 1] : NULL;
            uint64_t first = next ? next[WORD] & ~next[UNSPACED] & 1 : 0;
            all |= b[APOSTROPHE] & (spaced << 1 | carry_spaced) & (spaced >> 1 | first << 63);
        }
        uint64_t before = all << 1 | carry;
        uint64_t starts = (all & ~before) | b[FRESH] | (spaced & (b[UNSPACED] << 1 | carry_unspaced));
        uint64_t ends = before & (~all | starts);
        carry = all >> 63;
        carry_spaced = spaced >> 63;
        carry_unspaced = b[UNSPACED] >> 63;
        if (!is_open && starts) {
            start = 64 * i + lowest_bit(starts);
            starts &= starts - 1;
            is_open = 1;
        }
        for (; ends && status == OK; ends &= ends - 1) {
            status = take(p, set, &m, counts, start, 64 * i + lowest_bit(ends));
            is_open = starts != 0;
            if (is_open) start = 64 * i + lowest_bit(starts);
            starts &= starts - 1;
        }
    }
    if (is_open && status == OK) status = take(p, set, &m, counts, start, p->size);
    counts->distinct = (int64_t)set->used;
    if (counts->words) counts->last_start = m.recent[(size_t)(counts->words - 1) % LONGEST_PHRASE].start;
    return status;
}
