/* What the files of the extension share. Only module.c knows Python; the rest runs without the interpreter lock. */
#ifndef AUDIT_KERNELS_H
#define AUDIT_KERNELS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define EXTRACTOR_VERSION "2" /* as in kernels.py */

enum status { OK = 0, BAD_COLUMN = -1, TOO_LONG = -2, NO_MEMORY = -3 };

/* ---- column.c: an Arrow column of texts ---- */
typedef struct {
    const uint8_t *data, *offsets, *validity; /* validity NULL: no nulls */
    size_t data_size, offsets_size, validity_size;
    int offset_bytes; /* 4 or 8 */
    size_t first, rows;
} column;

int column_check(const column *c);
/* The text of a row; *text is NULL where the row is null. */
int column_text(const column *c, size_t row, const uint8_t **text, size_t *size);

/* ---- lexicon.c: kinds of code points and phrases, set once ---- */
#define POINTS 0x110000
#define LONGEST_PHRASE 16
enum group { FIRST_PERSON, HEDGE, REFUSAL, CLOSER, OPENER, GROUPS_MOST = 255 };

typedef struct {
    uint64_t words[LONGEST_PHRASE]; /* hashes, last word first */
    int size, group;
} phrase;

extern const uint8_t *kind_of; /* one letter a code point, see unicode_table.py */

int lexicon_reset(size_t phrases);
int lexicon_add(int group, size_t words, const uint8_t *const *word, const size_t *size);
int lexicon_close(void);
/* A phrase is filed under its last word, or its last two. */
static inline uint64_t pair_key(uint64_t before, uint64_t last) { return (before << 23 | before >> 41) + last; }
/* The phrases filed under a key: *count of them. */
const phrase *lexicon_find(uint64_t key, size_t *count);
#define FILTER_BITS 13
extern uint8_t lexicon_filter[1 << FILTER_BITS];

static inline unsigned lexicon_may_hold(uint64_t key) { return lexicon_filter[key >> (64 - FILTER_BITS)]; }

/* ---- classify.c: bytes to bit masks, one bit a byte, 64 bytes a block ---- */
enum field { WORD, UNSPACED, FRESH, APOSTROPHE, NEWLINE, ENDER, MARKUP, HIGH, FIELDS };
typedef uint64_t block[FIELDS];

typedef struct {
    const uint8_t *text;
    size_t size;
    const uint8_t *limit; /* end of the buffer that holds the text: nothing is read at or after it */
    block *blocks;        /* (size + 63) / 64 of them */
    size_t blocks_used;
    int is_ascii;
} passage;

typedef struct {
    int64_t code_points, characters, emoji, digits, questions, exclamations, capitals, letters, non_ascii;
} code_point_counts;

void classify_prepare(void); /* once, before the first classify */
void classify(passage *p, code_point_counts *counts);

/* ---- words.c, word_set.c ---- */
/* Hashes of words seen, 0 where free. A word has one slot among the first; one that finds it taken by another goes to
 * the rest, a table with open addressing that grows. */
#define FIRST_BITS_MOST 13

typedef struct {
    uint64_t *first, *rest;
    unsigned first_bits, first_most, rest_bits;
    size_t first_used, rest_used;
} word_set;

typedef struct {
    int64_t words, distinct, hits[4], opener;
    size_t last_start; /* of the last word, in bytes */
} word_counts;

uint64_t word_hash(const uint8_t *word, size_t size);
int set_clear(word_set *set, size_t text_size); /* before each text */
void set_free(word_set *set);
int set_add_rest(word_set *set, const uint64_t *hashes, size_t count);
int count_words(const passage *p, word_set *set, word_counts *counts);

/* ---- markdown.c ---- */
typedef struct {
    int64_t lines, paragraphs, headers, bullets, numbered, bold, code_fences, inline_code, table_rows, links;
} line_counts;

void count_lines(const passage *p, line_counts *counts);

/* ---- sentences.c ---- */
/* Sentences; adds the ASCII question and exclamation marks to counts. */
int64_t count_sentences(const passage *p, const word_counts *words, code_point_counts *counts);

/* ---- features.c ---- */
#define FEATURE_COUNT 28
int count_features(const column *c, int32_t *out);

/* ---- normalise.c: forms set once at import ---- */
int forms_reset(void);
int forms_add_inert(uint32_t first, uint32_t last);
int forms_add(uint32_t c, const uint8_t *bytes, size_t size);
size_t normal_room(const uint8_t *text, size_t size); /* bytes that normalise may write */
/* Writes the normal form and its size; 0 when it depends on more than single code points, or a form is not known. */
int normalise(const uint8_t *text, size_t size, uint8_t *out, size_t *used);

/* ---- blake2b.c, blake2b_x4.c, keys.c ---- */
#define KEY_BYTES 16

typedef struct {
    const uint8_t *data;
    size_t size;
    uint8_t *out; /* for KEY_BYTES of digest */
} message;
/* Gives the next message, 0 when there is none. Its data must last until the same slot, one of four, is asked again. */
typedef int (*message_source)(void *state, int slot, message *next);

void blake2b_128(const uint8_t *data, size_t size, uint8_t *out);
void blake2b_128_each(message_source next, void *state);
int hash_blobs(const column *c, uint8_t *out);
/* Hashes normal forms; sets left[row] = 1 where `normalise` cannot tell, and counts those rows. */
int hash_texts(const column *c, uint8_t *out, uint8_t *left, size_t *others);

/* ---- edges.c ---- */
int edge_rows(const column *c, uint64_t *out);

/* ---- bits and bytes ---- */
static inline uint64_t load64(const uint8_t *p) { /* little endian */
    uint64_t v;
    memcpy(&v, p, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

static inline void store64(uint8_t *p, uint64_t v) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    memcpy(p, &v, 8);
}

static inline unsigned lowest_bit(uint64_t v) { /* v != 0 */
#if defined(__GNUC__)
    return (unsigned)__builtin_ctzll(v);
#else
    unsigned n = 0;
    while (!(v & 1)) v >>= 1, n++;
    return n;
#endif
}

static inline unsigned bit_count(uint64_t v) {
    v -= v >> 1 & 0x5555555555555555u;
    v = (v & 0x3333333333333333u) + (v >> 2 & 0x3333333333333333u);
    return (unsigned)(((v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fu) * 0x0101010101010101u >> 56);
}

static inline int has_bit(const block *blocks, enum field f, size_t at) { return (int)(blocks[at >> 6][f] >> (at & 63)) & 1; }

/* The code point at text[at] and its size in bytes; a byte that starts none is one of its own, U+FFFD. */
static inline uint32_t decode(const uint8_t *text, size_t at, size_t size, unsigned *bytes) {
    const uint8_t *p = text + at;
    size_t left = size - at;
    uint32_t c = p[0];
    *bytes = 1;
    if (c < 0x80) return c;
    if (c >= 0xc2 && c < 0xe0 && left >= 2 && (p[1] & 0xc0) == 0x80) {
        *bytes = 2;
        return (c & 0x1f) << 6 | (p[1] & 0x3f);
    }
    if (c >= 0xe0 && c < 0xf0 && left >= 3 && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80) {
        *bytes = 3;
        return (c & 0xf) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
    }
    if (c >= 0xf0 && c < 0xf5 && left >= 4 && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80 && (p[3] & 0xc0) == 0x80) {
        c = (c & 7) << 18 | (uint32_t)(p[1] & 0x3f) << 12 | (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
        if (c < POINTS) {
            *bytes = 4;
            return c;
        }
    }
    return 0xfffd;
}

#endif
