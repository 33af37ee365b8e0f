/* Digests of texts in their normal form; ASCII only, since the normal form of the rest needs Unicode's data. */
#include "kernels.h"

#include <stdlib.h>

#define ONES 0x0101010101010101u
#define HIGHS 0x8080808080808080u

/* What Python's str.split takes for white space among ASCII. */
static inline int is_space(uint8_t c) { return c == ' ' || (c >= 9 && c <= 13) || (c >= 28 && c <= 31); }

static inline uint8_t lower(uint8_t c) { return (uint8_t)(c >= 'A' && c <= 'Z' ? c | 0x20 : c); }

static int is_ascii(const uint8_t *text, size_t size) {
    uint64_t seen = 0;
    size_t at = 0;
    for (; at + 32 <= size; at += 32)
        seen |= load64(text + at) | load64(text + at + 8) | load64(text + at + 16) | load64(text + at + 24);
    for (; at < size; at++) seen |= (uint64_t)text[at] << 56;
    return (seen & HIGHS) == 0;
}

/* Bytes equal to `c` as high bits; exact for ASCII. */
static inline uint64_t equal(uint64_t x, uint8_t c) {
    x ^= ONES * c;
    return ~(x + 0x7f * ONES) & HIGHS;
}

/* ASCII bytes at least `c` as high bits. */
static inline uint64_t at_least(uint64_t x, uint8_t c) { return (x + ONES * (uint64_t)(0x80 - c)) & HIGHS; }

/* Writes the normal form of an ASCII text (at most `size` bytes) and returns its size. */
static size_t normalise(const uint8_t *text, size_t size, uint8_t *out) {
    size_t at = 0, used = 0;
    int after_space = 1;
    while (at < size) {
        if (size - at >= 8) {
            /* Eight bytes at once when they hold no control character and no two blanks in a row. */
            uint64_t x = load64(text + at), blanks = equal(x, ' ');
            uint64_t doubled = blanks & (blanks << 8 | (after_space ? 0x80 : 0));
            if (!(doubled | (~at_least(x, ' ') & HIGHS))) {
                uint64_t capitals = at_least(x, 'A') & ~at_least(x, 'Z' + 1);
                store64(out + used, x | capitals >> 2);
                after_space = blanks >> 63;
                used += 8;
                at += 8;
                continue;
            }
        }
        for (size_t stop = size - at < 8 ? size : at + 8; at < stop; at++) {
            int space = is_space(text[at]);
            out[used] = space ? ' ' : lower(text[at]);
            used += !(space && after_space);
            after_space = space;
        }
    }
    return used && out[used - 1] == ' ' ? used - 1 : used;
}

int hash_blobs(const column *c, uint8_t *out) {
    int status = column_check(c);
    for (size_t row = 0; row < c->rows && status == OK; row++) {
        const uint8_t *data;
        size_t size;
        status = column_text(c, row, &data, &size);
        if (status == OK && data) blake2b_128(data, size, out + KEY_BYTES * row);
    }
    return status;
}

int hash_texts(const column *c, uint8_t *out, uint8_t *left, size_t *others) {
    int status = column_check(c);
    uint8_t *normal = NULL;
    size_t room = 0;
    *others = 0;
    for (size_t row = 0; row < c->rows && status == OK; row++) {
        const uint8_t *text;
        size_t size;
        status = column_text(c, row, &text, &size);
        if (status != OK || !text) continue;
        if (!is_ascii(text, size)) {
            left[row] = 1;
            ++*others;
            continue;
        }
        if (size + 8 > room) {
            free(normal);
            room = size + size / 2 + 4096;
            normal = malloc(room);
            if (!normal) return NO_MEMORY;
        }
        blake2b_128(normal, normalise(text, size, normal), out + KEY_BYTES * row);
    }
    free(normal);
    return status;
}
