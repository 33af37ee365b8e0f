/* Which byte is what: one pass over the bytes, then one over the code points above ASCII. */
#include "kernels.h"

#if defined(__SSE2__) && !defined(AUDIT_PORTABLE)
#include <emmintrin.h>
#define USE_SSE2 1
#endif

typedef struct {
    uint64_t letter, capital, digit, apostrophe, newline, ender, markup, high;
} ascii_masks;

#ifdef USE_SSE2
/* Bytes of v in first..last, both ASCII; bytes above ASCII are negative and so never in range. */
static inline __m128i in_range(__m128i v, char first, char last) {
    return _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8((char)(first - 1))),
                         _mm_cmplt_epi8(v, _mm_set1_epi8((char)(last + 1))));
}

static inline __m128i is(__m128i v, char c) { return _mm_cmpeq_epi8(v, _mm_set1_epi8(c)); }

static inline uint64_t bits(__m128i v, int quarter) {
    return (uint64_t)(uint32_t)_mm_movemask_epi8(v) << (16 * quarter);
}

static inline void mask_block(const uint8_t *bytes, ascii_masks *m) {
    memset(m, 0, sizeof *m);
    for (int q = 0; q < 4; q++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(bytes + 16 * q));
        __m128i lower = _mm_or_si128(v, _mm_set1_epi8(0x20));
        m->letter |= bits(in_range(lower, 'a', 'z'), q);
        m->capital |= bits(in_range(v, 'A', 'Z'), q);
        m->digit |= bits(in_range(v, '0', '9'), q);
        m->apostrophe |= bits(is(v, '\''), q);
        m->newline |= bits(is(v, '\n'), q);
        m->ender |= bits(_mm_or_si128(_mm_or_si128(is(v, '.'), is(v, '!')), is(v, '?')), q);
        m->markup |= bits(_mm_or_si128(_mm_or_si128(_mm_or_si128(is(v, '*'), is(v, '_')), is(v, '`')),
                                       _mm_or_si128(is(v, '['), is(v, ':'))), q);
        m->high |= bits(v, q);
    }
}
#else
/* Eight classes as eight lanes of a word: a byte's lanes, shifted by its position, add up to the masks of 8 bytes. */
enum { L_LETTER, L_CAPITAL, L_DIGIT, L_APOSTROPHE, L_NEWLINE, L_ENDER, L_MARKUP, L_HIGH };
#define LANE(condition, lane) ((uint64_t)((condition) != 0) << (8 * (lane)))

static uint64_t lanes[256];

static void fill_lanes(void) {
    for (int c = 255; c >= 0; c--) {
        int capital = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';
        lanes[c] = LANE(capital || lower, L_LETTER) | LANE(capital, L_CAPITAL) | LANE(c >= '0' && c <= '9', L_DIGIT) |
                   LANE(c == '\'', L_APOSTROPHE) | LANE(c == '\n', L_NEWLINE) |
                   LANE(c == '.' || c == '!' || c == '?', L_ENDER) |
                   LANE(c == '*' || c == '_' || c == '`' || c == '[' || c == ':', L_MARKUP) | LANE(c > 127, L_HIGH);
    }
}

static inline void mask_block(const uint8_t *bytes, ascii_masks *m) {
    memset(m, 0, sizeof *m);
    for (int q = 0; q < 8; q++) {
        uint64_t sum = 0;
        for (int i = 0; i < 8; i++) sum |= lanes[bytes[8 * q + i]] << i;
        m->letter |= (sum >> (8 * L_LETTER) & 0xff) << (8 * q);
        m->capital |= (sum >> (8 * L_CAPITAL) & 0xff) << (8 * q);
        m->digit |= (sum >> (8 * L_DIGIT) & 0xff) << (8 * q);
        m->apostrophe |= (sum >> (8 * L_APOSTROPHE) & 0xff) << (8 * q);
        m->newline |= (sum >> (8 * L_NEWLINE) & 0xff) << (8 * q);
        m->ender |= (sum >> (8 * L_ENDER) & 0xff) << (8 * q);
        m->markup |= (sum >> (8 * L_MARKUP) & 0xff) << (8 * q);
        m->high |= (sum >> (8 * L_HIGH) & 0xff) << (8 * q);
    }
}
#endif

void classify_prepare(void) {
#ifndef USE_SSE2
    fill_lanes();
#endif
}

static void store_block(const ascii_masks *m, block out, code_point_counts *counts) {
    out[WORD] = m->letter | m->digit;
    out[UNSPACED] = out[FRESH] = 0;
    out[APOSTROPHE] = m->apostrophe;
    out[NEWLINE] = m->newline;
    out[ENDER] = m->ender;
    out[MARKUP] = m->markup;
    out[HIGH] = m->high;
    counts->letters += bit_count(m->letter);
    counts->capitals += bit_count(m->capital);
    counts->digits += bit_count(m->digit);
}

static void mark(block *blocks, enum field f, size_t at, unsigned bytes) {
    uint64_t run = ((uint64_t)1 << bytes) - 1;
    unsigned shift = at & 63;
    blocks[at >> 6][f] |= run << shift;
    if (shift + bytes > 64) blocks[(at >> 6) + 1][f] |= run >> (64 - shift);
}

static int is_spaced(uint8_t kind) { return kind == 'l' || kind == 'U' || kind == 'n'; }

/* What the walk over wide code points remembers, as byte positions just behind the thing remembered. */
typedef struct {
    size_t joiner, flag;
} behind;

static void count_wide(uint8_t kind, uint32_t c, size_t at, unsigned bytes, behind *b, code_point_counts *counts) {
    int joined = at == b->joiner, closes_flag = kind == 'r' && at == b->flag;
    counts->non_ascii++;
    counts->characters += !(kind == 'm' || kind == 'j' || closes_flag || joined);
    counts->emoji += (kind == 'e' || kind == 'r') && !joined && !closes_flag;
    counts->letters += kind == 'l' || kind == 'U' || kind == 'c';
    counts->capitals += kind == 'U';
    counts->digits += kind == 'n';
    counts->questions += c == 0xff1f || c == 0x61f;
    counts->exclamations += c == 0xff01;
    if (kind == 'j') b->joiner = at + bytes;
    if (kind == 'r') b->flag = closes_flag ? SIZE_MAX : at + bytes;
}

static void mark_wide(passage *p, uint8_t kind, size_t at, unsigned bytes) {
    block *blocks = p->blocks;
    int in_word = at && has_bit(blocks, WORD, at - 1), unspaced = in_word && has_bit(blocks, UNSPACED, at - 1);
    switch (kind) {
    case 'c':
        mark(blocks, FRESH, at, 1);
        mark(blocks, UNSPACED, at, bytes);
        mark(blocks, WORD, at, bytes);
        break;
    case 'l': case 'U': case 'n':
        mark(blocks, WORD, at, bytes);
        break;
    case 'm': case 's': case 'j':
        if (in_word) mark(blocks, WORD, at, bytes);
        if (unspaced) mark(blocks, UNSPACED, at, bytes);
        break;
    case '\'':
        if (in_word && !unspaced && at + bytes < p->size) {
            unsigned unused;
            if (is_spaced(kind_of[decode(p->text, at + bytes, p->size, &unused)])) mark(blocks, WORD, at, bytes);
        }
        break;
    case '.': case '!':
        mark(blocks, ENDER, at, bytes);
        break;
    default:
        break;
    }
}

static void classify_wide(passage *p, code_point_counts *counts) {
    behind b = {SIZE_MAX, SIZE_MAX};
    size_t next = 0;
    int64_t spare = 0; /* bytes beyond the first of each code point */
    for (size_t i = 0; i < p->blocks_used; i++) {
        uint64_t left = p->blocks[i][HIGH];
        while (left) {
            unsigned shift = lowest_bit(left), bytes;
            size_t at = 64 * i + shift;
            left &= left - 1;
            if (at < next) continue;
            uint32_t c = decode(p->text, at, p->size, &bytes);
            uint8_t kind = kind_of[c];
            next = at + bytes;
            spare += bytes - 1;
            count_wide(kind, c, at, bytes, &b, counts);
            mark_wide(p, kind, at, bytes);
        }
    }
    counts->code_points = (int64_t)p->size - spare;
    counts->characters += counts->code_points - counts->non_ascii;
}

void classify(passage *p, code_point_counts *counts) {
    ascii_masks m;
    uint64_t high = 0;
    size_t whole = p->size / 64, rest = p->size % 64;
    memset(counts, 0, sizeof *counts);
    for (size_t i = 0; i < whole; i++) {
        mask_block(p->text + 64 * i, &m);
        store_block(&m, p->blocks[i], counts);
        high |= m.high;
    }
    if (rest) {
        uint8_t last[64] = {0};
        memcpy(last, p->text + 64 * whole, rest);
        mask_block(last, &m);
        store_block(&m, p->blocks[whole], counts);
        high |= m.high;
    }
    p->blocks_used = whole + (rest != 0);
    p->is_ascii = high == 0;
    counts->code_points = counts->characters = (int64_t)p->size;
    if (high) {
        counts->characters = 0;
        classify_wide(p, counts);
    }
}
