/* Texts to shingles: hashes of runs of five words, or of five code points where a text is short. */
#include "near.h"

#include <stdlib.h>

static const uint64_t WORD_FACTOR = 0x9e3779b97f4a7c15u, RUN_FACTOR = 0xd6e8feb86659fd93u, LAST_FACTOR = 0xc2b2ae3d27d4eb4fu;

static inline uint64_t finish(uint64_t h) {
    h ^= h >> 32;
    h *= LAST_FACTOR;
    return h ^ h >> 29;
}

static inline uint64_t step(uint64_t h, uint64_t bytes) {
    h = (h ^ bytes) * WORD_FACTOR;
    return h ^ h >> 32;
}

/* Bytes of words only: of ASCII these are letters, digits and the apostrophe, of which capitals alone lack bit 0x20. */
static inline uint64_t fold(uint64_t x) { return x | (~x & 0x8080808080808080u) >> 2; }

static inline uint64_t hash_word(const uint8_t *word, size_t size, const uint8_t *limit) {
    uint64_t h = size;
    for (; size > 8; size -= 8, word += 8) h = step(h, fold(load64(word)));
    if ((size_t)(limit - word) >= 8)
        return step(h, fold(load64(word)) & (~(uint64_t)0 >> (64 - 8 * size)));
    uint8_t last[8] = {0};
    memcpy(last, word, size);
    return step(h, fold(load64(last)) & (~(uint64_t)0 >> (64 - 8 * size)));
}

static int grow(void **place, size_t *most, size_t needed, size_t item) {
    if (needed <= *most) return OK;
    if (needed > SIZE_MAX / item / 2) return NO_MEMORY;
    size_t room = needed < 2 * *most ? 2 * *most : needed;
    void *fresh = realloc(*place, room * item);
    if (!fresh) return NO_MEMORY;
    *place = fresh;
    *most = room;
    return OK;
}

static int reserve_units(shingler *s, size_t units) {
    if (units <= s->units_most) return OK;
    size_t most = s->units_most, ends = most, units_now = most;
    int status = grow((void **)&s->starts, &most, units, sizeof *s->starts);
    if (status == OK) status = grow((void **)&s->ends, &ends, units, sizeof *s->ends);
    if (status == OK) status = grow((void **)&s->units, &units_now, units, sizeof *s->units);
    if (status == OK) s->units_most = units_now;
    return status;
}

typedef struct {
    uint64_t all, spaced, unspaced; /* the last bit of the block before, as bit 0 */
} carry;

/* Bits where words start, and bits just behind words: as the feature `words` counts them. */
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

/* Finds and hashes the words of a passage. */
static int split_words(shingler *s, passage *p) {
    code_point_counts unused;
    carry c = {0, 0, 0};
    size_t begun = 0, ended = 0;
    if (p->size > INT32_MAX) return TOO_LONG;
    int status = grow((void **)&s->blocks, &s->blocks_most, p->size / 64 + 1, sizeof *s->blocks);
    if (status == OK) status = reserve_units(s, p->size / 2 + 64);
    if (status != OK) return status;
    p->blocks = s->blocks;
    classify(p, &unused);
    for (size_t i = 0; i < p->blocks_used; i++) {
        uint64_t starts, ends;
        word_edges(p->blocks[i], i + 1 < p->blocks_used ? p->blocks[i + 1] : NULL, &c, &starts, &ends);
        if (begun + 64 > s->units_most && (status = reserve_units(s, begun + 64)) != OK) return status;
        for (; starts; starts &= starts - 1) s->starts[begun++] = 64 * i + lowest_bit(starts);
        for (; ends; ends &= ends - 1) s->ends[ended++] = 64 * i + lowest_bit(ends);
    }
    if (begun > ended) s->ends[ended] = p->size;
    for (size_t k = 0; k < begun; k++)
        s->units[k] = hash_word(p->text + s->starts[k], s->ends[k] - s->starts[k], p->limit);
    s->unit_count = begun;
    return OK;
}

static int code_point_units(shingler *s, const uint8_t *text, size_t size) {
    size_t count = 0;
    int status = reserve_units(s, size + 1);
    if (status != OK) return status;
    for (size_t at = 0; at < size;) {
        unsigned bytes;
        s->units[count++] = step(0, decode(text, at, size, &bytes));
        at += bytes;
    }
    s->unit_count = count;
    return OK;
}

/* Puts the normal form of a text into s->normal; NOT_NORMAL where it takes Unicode's whole data. */
static int put_normal(shingler *s, const uint8_t *text, size_t size, size_t *used) {
    int status = grow((void **)&s->normal, &s->normal_most, normal_room(text, size) + 8, 1);
    if (status != OK) return status;
    return normalise(text, size, s->normal, used) ? OK : NOT_NORMAL;
}

/* The words of the normal form: for ASCII those of the text itself, since words are folded. */
static int normal_words(shingler *s, passage *p) {
    int status = split_words(s, p);
    if (status != OK || p->is_ascii || s->takes_normal) return status;
    size_t used;
    status = put_normal(s, p->text, p->size, &used);
    if (status != OK) return status;
    *p = (passage){.text = s->normal, .size = used, .limit = s->normal + used};
    return split_words(s, p);
}

int shingle_words(shingler *s, const uint8_t *text, size_t size, const uint8_t *limit) {
    passage p = {.text = text, .size = size, .limit = limit};
    return normal_words(s, &p);
}

int shingle_text(shingler *s, const uint8_t *text, size_t size, const uint8_t *limit) {
    passage p = {.text = text, .size = size, .limit = limit};
    int status = normal_words(s, &p);
    if (status == OK && s->unit_count < SHORT_TEXT) {
        if (!s->takes_normal && p.text != s->normal) {
            status = put_normal(s, text, size, &p.size);
            p.text = s->normal;
        }
        if (status == OK) status = code_point_units(s, p.text, p.size);
    }
    if (status != OK) return status;
    return shingle_runs(s, s->unit_count && s->unit_count < GRAM ? s->unit_count : GRAM);
}

int shingle_runs(shingler *s, size_t length) {
    size_t runs = s->unit_count < length ? 0 : s->unit_count - length + 1;
    uint64_t h = 0, leaving = 1;
    s->gram_count = runs;
    if (!runs) return OK;
    int status = grow((void **)&s->grams, &s->grams_most, runs, sizeof *s->grams);
    if (status != OK) return status;
    for (size_t k = 0; k < length; k++) leaving *= RUN_FACTOR;
    for (size_t k = 0; k < s->unit_count; k++) {
        h = h * RUN_FACTOR + s->units[k];
        if (k >= length) h -= leaving * s->units[k - length];
        if (k + 1 >= length) s->grams[k + 1 - length] = finish(h);
    }
    return OK;
}

void shingler_end(shingler *s) {
    free(s->blocks);
    free(s->units);
    free(s->grams);
    free(s->starts);
    free(s->ends);
    free(s->normal);
}

static int by_value(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* Sorts and drops repetitions. Hashes are evenly spread, so that nearly each falls into its place at once. */
size_t sort_unique(uint64_t *values, size_t count) {
    size_t kept = 0, homes = 2 * count, room = 3 * count; /* none is pushed further than `count` from its home */
    uint64_t *places = count > 16 ? calloc(room, sizeof *places) : NULL; /* 0: free */
    if (!places) {
        if (count) qsort(values, count, sizeof *values, by_value);
        for (size_t i = 0; i < count; i++)
            if (!kept || values[i] != values[kept - 1]) values[kept++] = values[i];
        return kept;
    }
    int has_zero = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t v = values[i];
        size_t at = (size_t)((v >> 32) * homes >> 32);
        has_zero |= v == 0;
        while (places[at] && places[at] < v) at++;
        if (v == 0 || places[at] == v) continue;
        while (v) { /* those behind move up */
            uint64_t held = places[at];
            places[at++] = v;
            v = held;
        }
    }
    if (has_zero) values[kept++] = 0;
    for (size_t i = 0; i < room; i++)
        if (places[i]) values[kept++] = places[i];
    free(places);
    return kept;
}
