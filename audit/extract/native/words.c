/* Words, different words, and the phrases that they end. */
#include "kernels.h"

#if defined(__SSE2__) && defined(__x86_64__) && !defined(AUDIT_PORTABLE)
#include <emmintrin.h>
#define USE_SSE2 1
#endif

#define EDGE 200 /* code points at either end, as in twin.py */

static const uint64_t K1 = 0x9e3779b97f4a7c15u, K2 = 0xc2b2ae3d27d4eb4fu;

/* Masks that keep the first n of 16 bytes. */
#define FIRST(n) ((n) >= 8 ? ~(uint64_t)0 : ((uint64_t)1 << (8 * ((n) & 7))) - 1)
#define KEEP(n) {FIRST(n), (n) > 8 ? FIRST((n) - 8) : 0}
static const _Alignas(16) uint64_t keep[17][2] = {
    KEEP(0), KEEP(1), KEEP(2),  KEEP(3),  KEEP(4),  KEEP(5),  KEEP(6),  KEEP(7),  KEEP(8),
    KEEP(9), KEEP(10), KEEP(11), KEEP(12), KEEP(13), KEEP(14), KEEP(15), KEEP(16),
};

/* A sum of products with odd constants: its high bits depend on every byte, so tables are indexed by them.
 * ASCII capitals become small first. Only for bytes of words: of ASCII these are letters, digits and the apostrophe, of
 * which only capitals lack bit 0x20. */
#ifdef USE_SSE2
static inline uint64_t hash16(const uint8_t *bytes, const uint64_t *mask) {
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)bytes);
    __m128i is_ascii = _mm_andnot_si128(x, _mm_set1_epi8((char)0x80));
    x = _mm_and_si128(_mm_or_si128(x, _mm_srli_epi16(is_ascii, 2)), _mm_load_si128((const __m128i *)(const void *)mask));
    uint64_t low = (uint64_t)_mm_cvtsi128_si64(x), high = (uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(x, x));
    return (low * K1 + high * K2) | 1; /* 0: a free slot */
}
#else
static inline uint64_t fold(uint64_t x) { return x | (~x & 0x8080808080808080u) >> 2; }

static inline uint64_t hash16(const uint8_t *bytes, const uint64_t *mask) {
    return ((fold(load64(bytes)) & mask[0]) * K1 + (fold(load64(bytes + 8)) & mask[1]) * K2) | 1;
}
#endif

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

#define STRETCH 16 /* blocks whose words are taken together */
#define KEPT (LONGEST_PHRASE - 1) /* words before them that may belong to a phrase that ends in them */
#define ROUND 16   /* positions written at a time, some of them beyond the last */
#define ROOM (KEPT + 1 + 64 * STRETCH + ROUND)

typedef struct {
    uint64_t hash[ROOM], crowded[ROOM];
    uint32_t start[ROOM], end[ROOM], listed[ROOM]; /* bytes, bytes, words */
    size_t begun, ended;                           /* words here; the last may go on */
    size_t before;                                 /* words of the text that are no longer here */
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
        if (m->hash[last - k] != f->words[k]) return 0;
    for (size_t k = 1; k < (size_t)f->size; k++)
        if (has_ender(p, m->end[last - k], m->start[last - k + 1])) return 0;
    return 1;
}

/* Counts the phrases of this key that end with the word at `last`. */
static void match_key(const passage *p, const memory *m, uint64_t key, size_t last, word_counts *counts) {
    size_t candidates;
    const phrase *f = lexicon_find(key, &candidates);
    for (; candidates; candidates--, f++) {
        if (!stands(p, m, last, f)) continue;
        size_t first = last + 1 - (size_t)f->size, start = m->start[first];
        if (f->group >= OPENER) {
            int rank = f->group - OPENER + 1;
            if (m->before + first == 0 && (counts->opener == 0 || rank < counts->opener)) counts->opener = rank;
        } else if ((f->group != REFUSAL || start < m->head_end) && (f->group != CLOSER || start >= m->tail_start)) {
            counts->hits[f->group]++;
        }
    }
}

/* Hashes the words from..to-1 and looks for phrases that they end.
 * The loop has no branch that depends on the word: what needs one is put on a list. */
static int take_words(const passage *p, word_set *set, memory *m, size_t from, size_t to, word_counts *counts) {
    uint64_t before = from ? m->hash[from - 1] : 0, *slots = set->first;
    size_t crowding = 0, listing = 0, fresh = 0, mask = ((size_t)1 << set->first_bits) - 1;
    /* 16 bytes may be read of a word that short, but none at or after the limit */
    size_t most = from < to && (size_t)(p->limit - p->text) >= (size_t)m->start[to - 1] + 16 ? 16 : 0;
    for (size_t k = from; k < to; k++) {
        size_t start = m->start[k], size = m->end[k] - start;
        const uint8_t *word = p->text + start;
        uint64_t hash = size <= most ? hash16(word, keep[size]) : word_hash(word, size);
        uint64_t *slot = slots + (hash >> (64 - FIRST_BITS_MOST) & mask), held = *slot, is_free = held == 0;
        m->hash[k] = m->crowded[crowding] = hash;
        *slot = held | (hash & (0 - is_free));
        fresh += is_free;
        crowding += !(is_free | (held == hash));
        m->listed[listing] = (uint32_t)k;
        listing += lexicon_may_hold(hash) | lexicon_may_hold(pair_key(before, hash));
        before = hash;
    }
    set->first_used += fresh;
    for (size_t i = 0; i < listing; i++) {
        size_t k = m->listed[i];
        uint64_t hash = m->hash[k], pair = k ? pair_key(m->hash[k - 1], hash) : 0;
        if (lexicon_may_hold(hash)) match_key(p, m, hash, k, counts);
        if (k && lexicon_may_hold(pair)) match_key(p, m, pair, k, counts);
    }
    return set_add_rest(set, m->crowded, crowding);
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

/* Puts down the positions of both sets of bits, ROUND at a time, so that a block takes one round as a rule. */
static inline void put_edges(memory *m, uint32_t base, uint64_t starts, uint64_t ends) {
    const uint64_t last = (uint64_t)1 << 63; /* for when no bit is left */
    size_t begun = bit_count(starts), ended = bit_count(ends);
    uint32_t *start = m->start + m->begun, *end = m->end + m->ended;
    for (size_t done = 0; done < begun || done < ended; done += ROUND)
        for (size_t k = done; k < done + ROUND; k++) {
            start[k] = base + lowest_bit(starts | last);
            end[k] = base + lowest_bit(ends | last);
            starts &= starts - 1;
            ends &= ends - 1;
        }
    m->begun += begun;
    m->ended += ended;
}

/* Keeps the last words, and the one that goes on. */
static void forget(memory *m) {
    size_t gone = m->ended > KEPT ? m->ended - KEPT : 0, left = m->begun - gone;
    memmove(m->hash, m->hash + gone, left * sizeof *m->hash);
    memmove(m->start, m->start + gone, left * sizeof *m->start);
    memmove(m->end, m->end + gone, left * sizeof *m->end);
    m->begun -= gone;
    m->ended -= gone;
    m->before += gone;
}

int count_words(const passage *p, word_set *set, word_counts *counts) {
    memory m;
    carry c = {0, 0, 0};
    int status = set_clear(set, p->size);
    memset(counts, 0, sizeof *counts);
    m.begun = m.ended = m.before = 0;
    m.head_end = head_end(p);
    m.tail_start = tail_start(p);
    for (size_t i = 0, to; i < p->blocks_used && status == OK; i = to) {
        size_t known = m.ended;
        to = p->blocks_used - i < STRETCH ? p->blocks_used : i + STRETCH;
        for (size_t k = i; k < to; k++) {
            uint64_t starts, ends;
            word_edges(p->blocks[k], k + 1 < p->blocks_used ? p->blocks[k + 1] : NULL, &c, &starts, &ends);
            put_edges(&m, (uint32_t)(64 * k), starts, ends);
        }
        if (to == p->blocks_used && m.begun > m.ended) m.end[m.ended++] = (uint32_t)p->size;
        status = take_words(p, set, &m, known, m.ended, counts);
        if (to < p->blocks_used) forget(&m);
    }
    counts->words = (int64_t)(m.before + m.begun);
    counts->distinct = (int64_t)(set->first_used + set->rest_used);
    if (m.begun) counts->last_start = m.start[m.begun - 1];
    return status;
}
