/* The normal form of texts whose code points each have one of their own; the rest is left to Python's Unicode data. */
#include "kernels.h"

#include <stdlib.h>

#if defined(__SSE2__) && !defined(AUDIT_PORTABLE)
#include <emmintrin.h>
#define AT_ONCE 16
#else
#define AT_ONCE 8
#endif

#define MOST_GROWTH 3 /* as in normal_form.py */

enum { ASK, INERT, FIRST_FORM }; /* what form_of holds: ask Python, itself, or a number of forms[] */

typedef struct {
    uint8_t size, bytes[15];
} form;

static uint16_t *form_of; /* one a code point */
static form forms[4096];
static size_t forms_used;

int forms_reset(void) {
    free(form_of);
    forms_used = 0;
    form_of = calloc(POINTS, sizeof *form_of);
    return form_of ? OK : NO_MEMORY;
}

int forms_add_inert(uint32_t first, uint32_t last) {
    if (first < 0x80 || last >= POINTS) return BAD_COLUMN;
    for (uint32_t c = first; c <= last; c++) form_of[c] = INERT;
    return OK;
}

int forms_add(uint32_t c, const uint8_t *bytes, size_t size) {
    if (c < 0x80 || c >= POINTS || size > sizeof forms->bytes || size > MOST_GROWTH * (c < 0x800 ? 2u : 3u) ||
        forms_used == sizeof forms / sizeof *forms)
        return BAD_COLUMN;
    form_of[c] = (uint16_t)(FIRST_FORM + forms_used);
    forms[forms_used].size = (uint8_t)size;
    memcpy(forms[forms_used].bytes, bytes, size);
    forms_used++;
    return OK;
}

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

#if AT_ONCE == 8
/* Bytes equal to `c` as high bits; exact for ASCII. */
static inline uint64_t equal(uint64_t x, uint8_t c) {
    x ^= ONES * c;
    return ~(x + 0x7f * ONES) & HIGHS;
}

/* ASCII bytes at least `c` as high bits. */
static inline uint64_t at_least(uint64_t x, uint8_t c) { return (x + ONES * (uint64_t)(0x80 - c)) & HIGHS; }
#endif

size_t normal_room(const uint8_t *text, size_t size) {
    return is_ascii(text, size) ? size + 8 : MOST_GROWTH * size + 8;
}

typedef struct {
    uint8_t *out;
    size_t used;
    int after_space;
} writer;

static inline void write_byte(writer *w, uint8_t c) {
    int space = is_space(c);
    w->out[w->used] = space ? ' ' : lower(c);
    w->used += !(space && w->after_space);
    w->after_space = space;
}

/* Writes the form of a code point above ASCII; 0 when Python must be asked. */
static int write_wide(writer *w, uint32_t c, const uint8_t *bytes, size_t size) {
    unsigned kind = form_of[c];
    if (kind == ASK) return 0;
    if (kind != INERT) {
        bytes = forms[kind - FIRST_FORM].bytes;
        size = forms[kind - FIRST_FORM].size;
        if (size == 1 && bytes[0] == ' ') {
            write_byte(w, ' ');
            return 1;
        }
    }
    memcpy(w->out + w->used, bytes, size);
    w->used += size;
    if (size) w->after_space = 0;
    return 1;
}

#if AT_ONCE == 16
/* Bytes of v in first..last, both ASCII; bytes above ASCII are negative and so never in range. */
static inline __m128i in_range(__m128i v, char first, char last) {
    return _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8((char)(first - 1))),
                         _mm_cmplt_epi8(v, _mm_set1_epi8((char)(last + 1))));
}

/* Sixteen bytes at once when they are ASCII without two spaces in a row; else 0. */
static inline int write_some(writer *w, const uint8_t *text) {
    const __m128i blank = _mm_set1_epi8(' ');
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)text);
    __m128i space = _mm_or_si128(_mm_cmpeq_epi8(v, blank), _mm_or_si128(in_range(v, 9, 13), in_range(v, 28, 31)));
    unsigned spaces = (unsigned)_mm_movemask_epi8(space);
    if (_mm_movemask_epi8(v) || (spaces & (spaces << 1 | (unsigned)w->after_space))) return 0;
    v = _mm_or_si128(v, _mm_and_si128(in_range(v, 'A', 'Z'), blank)); /* the bit of small letters is that of a blank */
    v = _mm_or_si128(_mm_andnot_si128(space, v), _mm_and_si128(space, blank));
    _mm_storeu_si128((__m128i *)(void *)(w->out + w->used), v);
    w->after_space = (int)(spaces >> 15);
    w->used += 16;
    return 1;
}
#else
/* Eight bytes at once when they are ASCII and hold no control character and no two blanks in a row; else 0. */
static inline int write_some(writer *w, const uint8_t *text) {
    uint64_t x = load64(text), blanks = equal(x, ' '), doubled = blanks & (blanks << 8 | (w->after_space ? 0x80 : 0));
    if (doubled | (x & HIGHS) | (~at_least(x, ' ') & HIGHS)) return 0;
    uint64_t capitals = at_least(x, 'A') & ~at_least(x, 'Z' + 1);
    store64(w->out + w->used, x | capitals >> 2);
    w->after_space = blanks >> 63;
    w->used += 8;
    return 1;
}
#endif

int normalise(const uint8_t *text, size_t size, uint8_t *out, size_t *used) {
    writer w = {out, 0, 1};
    size_t at = 0;
    while (at < size) {
        if (size - at >= AT_ONCE && write_some(&w, text + at)) {
            at += AT_ONCE;
            continue;
        }
        for (size_t stop = size - at < AT_ONCE ? size : at + AT_ONCE; at < stop;) {
            unsigned bytes = 1;
            if (text[at] < 0x80) {
                write_byte(&w, text[at]);
            } else {
                uint32_t c = decode(text, at, size, &bytes);
                if (!write_wide(&w, c, text + at, bytes)) return 0;
            }
            at += bytes;
        }
    }
    *used = w.used && out[w.used - 1] == ' ' ? w.used - 1 : w.used;
    return 1;
}
