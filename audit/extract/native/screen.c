/* One scan over the bytes of a text: plain ASCII costs this and no more. Bit masks say where to look closer. */
#include "screen.h"

#if defined(__SSE2__) && !defined(AUDIT_PORTABLE)
#include <emmintrin.h>
#define USE_SSE2 1
#endif

#define TOKEN_RUN 20  /* letters, digits, _ and - in a row */
#define NUMBER_RUN 9  /* digits and what stands between them in a row, */
#define NUMBER_DIGITS 7 /* and digits among them */
#define LEAST_DOTS 3  /* dots between digits */

typedef struct {
    uint64_t letter, digit, token, number, dot, at, control, high;
} masks;

static inline int is_letter(uint8_t c) { return (uint8_t)((c | 0x20) - 'a') < 26; }
static inline int is_digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }
static inline int is_token(uint8_t c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; }
static inline int is_number(uint8_t c) {
    return is_digit(c) || c == ' ' || (c >= '(' && c <= '/' && c != '*' && c != ','); /* ( ) + - . / */
}
static inline int is_control(uint8_t c) { return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f; }

#ifdef USE_SSE2
static inline __m128i equal(__m128i v, char c) { return _mm_cmpeq_epi8(v, _mm_set1_epi8(c)); }
static inline __m128i between(__m128i v, char first, char last) { /* ASCII only: other bytes are negative */
    return _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8((char)(first - 1))),
                         _mm_cmplt_epi8(v, _mm_set1_epi8((char)(last + 1))));
}
static inline uint64_t bits_of(__m128i v, int quarter) { return (uint64_t)(uint32_t)_mm_movemask_epi8(v) << (16 * quarter); }

static inline void mask_bytes(const uint8_t *bytes, masks *m) {
    memset(m, 0, sizeof *m);
    for (int q = 0; q < 4; q++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(bytes + 16 * q));
        __m128i letter = between(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 'z'), digit = between(v, '0', '9');
        __m128i dash = equal(v, '-'), dot = equal(v, '.');
        __m128i bracket = between(v, '(', '9'); /* with * and , too: more than is_number, looked at closer */
        m->letter |= bits_of(letter, q);
        m->digit |= bits_of(digit, q);
        m->token |= bits_of(_mm_or_si128(_mm_or_si128(letter, digit), _mm_or_si128(dash, equal(v, '_'))), q);
        m->number |= bits_of(_mm_or_si128(bracket, equal(v, ' ')), q);
        m->dot |= bits_of(dot, q);
        m->at |= bits_of(equal(v, '@'), q);
        __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
        low = _mm_andnot_si128(equal(v, '\n'), low); /* the other two that are kept are looked at below */
        m->control |= bits_of(_mm_or_si128(low, equal(v, 0x7f)), q);
        m->high |= bits_of(v, q);
    }
}
#else
static inline void mask_bytes(const uint8_t *bytes, masks *m) {
    memset(m, 0, sizeof *m);
    for (int i = 0; i < 64; i++) {
        uint8_t c = bytes[i];
        m->letter |= (uint64_t)is_letter(c) << i;
        m->digit |= (uint64_t)is_digit(c) << i;
        m->token |= (uint64_t)is_token(c) << i;
        m->number |= (uint64_t)is_number(c) << i;
        m->dot |= (uint64_t)(c == '.') << i;
        m->at |= (uint64_t)(c == '@') << i;
        m->control |= (uint64_t)is_control(c) << i;
        m->high |= (uint64_t)(c > 0x7f) << i;
    }
}
#endif

static inline unsigned leading_ones(uint64_t m) { /* m is not all ones */
#if defined(__GNUC__)
    return (unsigned)__builtin_clzll(~m);
#else
    unsigned n = 0;
    while (m >> (63 - n) & 1) n++;
    return n;
#endif
}

/* Whether a run of at least `least` (9 to 31) set bits ends in or lies in m; *open is the run that reaches m's start. */
static inline int has_run(uint64_t m, unsigned least, unsigned *open) {
    uint64_t rest = ~m;
    if (!rest) {
        *open += 64;
        return *open >= least;
    }
    unsigned lead = lowest_bit(rest), before = *open, trail = leading_ones(m);
    *open = trail;
    if (before + lead >= least || trail >= least) return 1;
    uint64_t r = m & m >> 1;
    r &= r >> 2;
    r &= r >> 4; /* runs of eight */
    if (!r) return 0;
    for (unsigned i = 8; i < least; i++) r &= m >> i;
    return r != 0;
}

static int has_number(const uint8_t *text, size_t size) {
    for (size_t at = 0, run = 0, digits = 0; at < size; at++) {
        if (!is_number(text[at])) run = digits = 0;
        else if (digits += (size_t)is_digit(text[at]), ++run >= NUMBER_RUN && digits >= NUMBER_DIGITS) return 1;
    }
    return 0;
}

static int has_token(const uint8_t *text, size_t size) {
    for (size_t at = 0, run = 0, telling = 0; at < size; at++) {
        uint8_t c = text[at];
        if (!is_token(c)) run = telling = 0;
        else if (telling += (size_t)(is_digit(c) || (c >= 'A' && c <= 'Z')), ++run >= TOKEN_RUN && telling) return 1;
    }
    return 0;
}

static int32_t count_controls(const uint8_t *text, size_t size) {
    int32_t controls = 0;
    for (size_t at = 0; at < size; at++) controls += is_control(text[at]);
    return controls;
}

typedef struct {
    int64_t digits, dots, controls;
    uint64_t letters; /* not 0: there are some */
    unsigned token_open, number_open;
    uint64_t last_digit, last_dot; /* of the byte before the block; whether the one before that is a digit */
    int wide, at, token, number;
} found;

static inline void take_block(const masks *m, found *f) {
    f->letters |= m->letter;
    f->wide |= m->high != 0;
    f->at |= m->at != 0;
    f->controls += m->control != 0;
    if (!f->token) f->token = has_run(m->token, TOKEN_RUN, &f->token_open);
    if (m->digit) f->digits += bit_count(m->digit);
    if (!f->number) f->number = has_run(m->number, NUMBER_RUN, &f->number_open);
    if (m->dot | f->last_dot) {
        f->dots += bit_count(m->dot & (m->digit << 1 | f->last_digit) & m->digit >> 1);
        f->dots += (int64_t)(f->last_dot & m->digit & 1);
    }
    f->last_dot = m->dot >> 63 & m->digit >> 62 & 1;
    f->last_digit = m->digit >> 63;
}

/* The block of text at `at`; line feeds, which are in no mask, fill one that the text ends in. */
static inline void mask_at(const uint8_t *text, size_t at, size_t size, masks *m) {
    uint8_t padded[64];
    if (size - at >= 64) {
        mask_bytes(text + at, m);
        return;
    }
    memset(padded, '\n', 64);
    memcpy(padded, text + at, size - at);
    mask_bytes(padded, m);
}

static int64_t ascii_letters(const uint8_t *text, size_t size) {
    int64_t letters = 0;
    masks m;
    for (size_t at = 0; at < size; at += 64) {
        mask_at(text, at, size, &m);
        letters += bit_count(m.letter);
    }
    return letters;
}

static int screen_text(const uint8_t *text, size_t size, int32_t *out) {
    found f = {0};
    int64_t letters[SCRIPTS] = {0};
    if (size > INT32_MAX) return TOO_LONG;
    for (size_t at = 0; at < size; at += 64) {
        masks m;
        mask_at(text, at, size, &m);
        take_block(&m, &f);
    }
    if (f.controls) out[CONTROLS] = count_controls(text, size);
    letters[LATIN] = f.letters != 0;
    if (f.wide) {
        letters[LATIN] = ascii_letters(text, size);
        count_wide_points(text, size, out, letters);
    }
    out[SCRIPT] = leading_script(letters);
    out[CANDIDATES] = (f.at ? HAS_AT : 0) | (f.dots >= LEAST_DOTS ? HAS_DOTTED : 0);
    if (f.number && f.digits >= NUMBER_DIGITS && has_number(text, size)) out[CANDIDATES] |= HAS_NUMBER;
    if (f.token && has_token(text, size)) out[CANDIDATES] |= HAS_TOKEN;
    return OK;
}

int screen_rows(const column *c, int32_t *out) {
    int status = column_check(c);
    for (size_t row = 0; row < c->rows && status == OK; row++, out += SCREENED_COUNT) {
        const uint8_t *text;
        size_t size;
        status = column_text(c, row, &text, &size);
        if (status == OK && size) status = screen_text(text, size, out);
    }
    return status;
}
