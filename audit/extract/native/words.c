/* Words, different words, and the phrases that they end. */
#include "kernels.h"

#define EDGE 200 /* code points at either end, as in twin.py */

static const uint64_t K1 = 0x9e3779b97f4a7c15u, K2 = 0xc2b2ae3d27d4eb4fu;

/* Masks that keep the first n of 16 bytes. */
#define FIRST(n) ((n) >= 8 ? ~(uint64_t)0 : ((uint64_t)1 << (8 * ((n) & 7))) - 1)
#define KEEP(n) {FIRST(n), (n) > 8 ? FIRST((n) - 8) : 0}
static const uint64_t keep[17][2] = {
    KEEP(0), KEEP(1), KEEP(2),  KEEP(3),  KEEP(4),  KEEP(5),  KEEP(6),  KEEP(7),  KEEP(8),
    KEEP(9), KEEP(10), KEEP(11), KEEP(12), KEEP(13), KEEP(14), KEEP(15), KEEP(16),
};

/* ASCII capitals become small. Only for bytes of words: of ASCII these are letters, digits and the apostrophe, of which
 * only capitals lack bit 0x20. */
static inline uint64_t fold(uint64_t x) { return x | (~x & 0x8080808080808080u) >> 2; }

/* A sum of products with odd constants: its high bits depend on every byte, so tables are indexed by them. */
static inline uint64_t hash16(const uint8_t *bytes, const uint64_t *mask) {
    return ((fold(load64(bytes)) & mask[0]) * K1 + (fold(load64(bytes + 8)) & mask[1]) * K2) | 1; /* 0: a free slot */
}

uint64_t word_hash(const uint8_t *word, size_t size) {
    uint64_t h = 0;
    uint8_t last[16] = {0};
    for (; size > 16; size -= 16, word += 16) {
        h = (h ^ h >> 32) * K2 + hash16(word, keep[16]);
        h ^= h >> 29;
    }
    memcpy(last, word, size);
    return ((h ^ h >> 32) * K2 + hash16(last, keep[size])) | 1;
}

#define REMEMBERED 128 /* words: those of a block, at most 64, and the longest phrase before them */

typedef struct {
    uint64_t hash[REMEMBERED]; /* word number k stands at k % REMEMBERED */
    uint32_t start[REMEMBERED], end[REMEMBERED];
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
    for (size_t k = 1; k < (size_t)f->size; k++)
        if (m->hash[(last - k) % REMEMBERED] != f->words[k]) return 0;
    for (size_t k = 1; k < (size_t)f->size; k++)
        if (has_ender(p, m->end[(last - k) % REMEMBERED], m->start[(last - k + 1) % REMEMBERED])) return 0;
    return 1;
}

/* Counts the phrases of this key that end with the word numbered `last`. */
static void match_key(const passage *p, const memory *m, uint64_t key, size_t last, word_counts *counts) {
    size_t candidates;
    const phrase *f = lexicon_find(key, &candidates);
    for (; candidates; candidates--, f++) {
        if (!stands(p, m, last, f)) continue;
        size_t first = last + 1 - (size_t)f->size, start = m->start[first % REMEMBERED];
        if (f->group >= OPENER) {
            int rank = f->group - OPENER + 1;
            if (first == 0 && (counts->opener == 0 || rank < counts->opener)) counts->opener = rank;
        } else if ((f->group != REFUSAL || start < m->head_end) && (f->group != CLOSER || start >= m->tail_start)) {
            counts->hits[f->group]++;
        }
    }
}

/* Hashes the words numbered from..to-1, which end in one block, and looks for phrases that they end.
 * The loop has no branch that depends on the word: what needs one is put on a list. */
static int take_words(const passage *p, word_set *set, memory *m, size_t from, size_t to, word_counts *counts) {
    uint64_t crowded[64], before = from ? m->hash[(from - 1) % REMEMBERED] : 0;
    size_t alone[64], paired[64];
    size_t crowding = 0, alones = 0, pairs = 0, fresh = 0;
    uint64_t *slots = set->first;
    unsigned shift = 64 - set->first_bits;
    size_t room = (size_t)(p->limit - p->text), safe = room < 16 ? 0 : room - 15; /* 16 bytes may be read before it */
    for (size_t k = from; k < to; k++) {
        size_t at = k % REMEMBERED, start = m->start[at];
        size_t size = m->end[at] - start;
        const uint8_t *word = p->text + start;
        uint64_t hash = (size <= 16) & (start < safe) ? hash16(word, keep[size]) : word_hash(word, size);
        uint64_t held = slots[hash >> shift];
        size_t is_free = held == 0;
        m->hash[at] = hash;
        slots[hash >> shift] = is_free ? hash : held;
        fresh += is_free;
        crowded[crowding] = hash;
        crowding += !(is_free | (held == hash));
        alone[alones] = paired[pairs] = k;
        alones += lexicon_may_hold(hash);
        pairs += lexicon_may_hold(pair_key(before, hash));
        before = hash;
    }
    set->first_used += fresh;
    for (size_t i = 0; i < alones; i++) match_key(p, m, m->hash[alone[i] % REMEMBERED], alone[i], counts);
    for (size_t i = 0; i < pairs; i++) {
        size_t k = paired[i];
        if (k) match_key(p, m, pair_key(m->hash[(k - 1) % REMEMBERED], m->hash[k % REMEMBERED]), k, counts);
    }
    return set_add_rest(set, crowded, crowding);
}

typedef struct {
    uint64_t all, spaced, unspaced; /* the last bit of the block before, as bit 0 */
} carry;

/* Bits where words start, and bits just behind words. */
static inline void word_edges(const uint64_t *b, const uint64_t *next, carry *c, uint64_t *starts, uint64_t *ends) {
    uint64_t all = b[WORD], spaced = all & ~b[UNSPACED];
    if (b[APOSTROPHE]) {
        uint64_t first = next ? next[WORD] & ~next[UNSPACED] & 1 : 0;
        all |= b[APOSTROPHE] & (spaced << 1 | c->spaced) & (spaced >> 1 | first << 63);
    }
    uint64_t before = all << 1 | c->all;
    *starts = (all & ~before) | b[FRESH] | (spaced & (b[UNSPACED] << 1 | c->unspaced));
    *ends = before & (~all | *starts);
    *c = (carry){all >> 63, spaced >> 63, b[UNSPACED] >> 63};
}

int count_words(const passage *p, word_set *set, word_counts *counts) {
    memory m;
    carry c = {0, 0, 0};
    size_t begun = 0, ended = 0;
    int status = set_clear(set, p->size);
    memset(counts, 0, sizeof *counts);
    m.head_end = head_end(p);
    m.tail_start = tail_start(p);
    for (size_t i = 0; i < p->blocks_used && status == OK; i++) {
        uint64_t starts, ends;
        size_t done = ended;
        word_edges(p->blocks[i], i + 1 < p->blocks_used ? p->blocks[i + 1] : NULL, &c, &starts, &ends);
        for (; starts; starts &= starts - 1) m.start[begun++ % REMEMBERED] = (uint32_t)(64 * i + lowest_bit(starts));
        for (; ends; ends &= ends - 1) m.end[ended++ % REMEMBERED] = (uint32_t)(64 * i + lowest_bit(ends));
        status = take_words(p, set, &m, done, ended, counts);
    }
    if (begun > ended && status == OK) {
        m.end[ended % REMEMBERED] = (uint32_t)p->size;
        status = take_words(p, set, &m, ended, begun, counts);
    }
    counts->words = (int64_t)begun;
    counts->distinct = (int64_t)(set->first_used + set->rest_used);
    if (begun) counts->last_start = m.start[(begun - 1) % REMEMBERED];
    return status;
}
