/* Marks: what one look at every byte tells of damage, scripts and possible private data, so that few texts need a
 * second look. marks.py says what each mark means. */
#include "kernels.h"

enum mark {
    REPLACEMENT = 1, CONTROL = 2, BIDI = 4, INVISIBLE = 8, PRIVATE_USE = 16, MOJIBAKE = 32, ENTITY = 64, ESCAPED = 128,
    CANDIDATE = 256
};
enum script { NO_SCRIPT, LATIN, HAN, KANA, HANGUL, CYRILLIC, GREEK, ARABIC, HEBREW, DEVANAGARI, THAI, OTHER, MIXED };

#define LONG_TOKEN 20   /* letters, digits, _ and - without a break, a digit among them */
#define LONGER_TOKEN 36 /* the same without a digit */
#define MANY_DIGITS 9 /* with at most two separators between any two */

static int is_digit(uint8_t b) { return b >= '0' && b <= '9'; }
static int is_letter(uint8_t b) { return (b | 32) >= 'a' && (b | 32) <= 'z'; }
/* Sets of ASCII as bits: letters, digits, _ and -; blank, - . ( ) and /. */
static const uint64_t tokens[2] = {0x3ff200000000000u, 0x7fffffe87fffffeu}, separators[2] = {0xe30100000000u, 0};
static int is_in(const uint64_t set[2], uint8_t b) { return b < 0x80 && (set[b >> 6] >> (b & 63) & 1); }
static int is_token(uint8_t b) { return is_in(tokens, b); }
static int is_separator(uint8_t b) { return is_in(separators, b); }

/* ---- candidates of private data ---- */

static int has_address(const uint8_t *t, size_t n) {
    for (const uint8_t *at = t; (at = memchr(at, '@', (size_t)(t + n - at))); at++) {
        size_t k = (size_t)(at - t);
        if (k && k + 1 < n && is_token(t[k - 1]) && is_token(t[k + 1])) return 1;
    }
    return 0;
}

#define EACH(byte) (0x0101010101010101u * (byte))
#define TOPS EACH(0x80)

/* The top bit of each byte that lies between two ASCII signs. */
static uint64_t between(uint64_t x, uint8_t low, uint8_t high) {
    uint64_t y = x & ~TOPS;
    return (y + EACH(0x80 - low)) & ~(y + EACH(0x7f - high)) & ~x & TOPS;
}

static uint64_t letters_of(uint64_t x) { return between(x | EACH(0x20), 'a', 'z'); }

/* Every run of LONG_TOKEN holds a whole window of eight among those that start WINDOW_STEP apart. */
#define WINDOW_STEP (LONG_TOKEN - 7)

static int has_long_token(const uint8_t *t, size_t n) {
    for (size_t at = 0; at + 8 <= n; at += WINDOW_STEP) {
        uint64_t x = load64(t + at);
        if ((letters_of(x) | between(x, '0', '9') | between(x, '-', '-') | between(x, '_', '_')) != TOPS) continue;
        size_t start = at, end = at;
        int digits = 0;
        while (start && is_token(t[start - 1])) digits |= is_digit(t[--start]);
        while (end < n && is_token(t[end])) digits |= is_digit(t[end++]);
        if (end - start >= (digits ? LONG_TOKEN : LONGER_TOKEN)) return 1;
        while (at + WINDOW_STEP < end) at += WINDOW_STEP; /* at most once or twice: longer ones have returned */
    }
    return 0;
}

/* The same of MANY_DIGITS: at most two separators in a row; windows of four, signs from the blank to the nine. */
#define DIGITS_STEP (MANY_DIGITS - 3)

static int has_many_digits(const uint8_t *t, size_t n) {
    for (size_t at = 0; at + 4 <= n; at += DIGITS_STEP) {
        uint32_t four;
        memcpy(&four, t + at, 4);
        if ((between(four, ' ', '9') & 0x80808080u) != 0x80808080u) continue;
        size_t digits = 0, start = at;
        for (int gap = 0; start && gap <= 2 && digits < MANY_DIGITS; start--) {
            uint8_t b = t[start - 1];
            if (is_digit(b)) gap = 0, digits++;
            else if (is_separator(b)) gap++;
            else break;
        }
        int gap = 0;
        for (size_t end = at; end < n && digits < MANY_DIGITS; end++) {
            if (is_digit(t[end])) gap = 0, digits++;
            else if (!is_separator(t[end]) || ++gap > 2) break;
        }
        if (digits >= MANY_DIGITS) return 1;
    }
    return 0;
}

/* The first line of a key. */
static int has_armour(const uint8_t *t, size_t n) {
    static const char begin[] = "-----BEGIN ";
    for (const uint8_t *at = t; (at = memchr(at, '-', (size_t)(t + n - at))); at++)
        if ((size_t)(t + n - at) >= sizeof begin - 1 && !memcmp(at, begin, sizeof begin - 1)) return 1;
    return 0;
}

/* Four numbers of one to three digits with dots between. */
static int has_dotted_quad(const uint8_t *t, size_t n) {
    for (const uint8_t *at = t; (at = memchr(at, '.', (size_t)(t + n - at))); at++) {
        size_t k = (size_t)(at - t), groups = 0;
        if (!k || k + 5 >= n || !is_digit(t[k - 1])) continue;
        while (k < n && t[k] == '.' && groups < 3) {
            size_t digits = 0;
            while (k + 1 + digits < n && digits < 4 && is_digit(t[k + 1 + digits])) digits++;
            if (digits < 1 || digits > 3) break;
            groups++;
            k += 1 + digits;
        }
        if (groups == 3) return 1;
    }
    return 0;
}

/* ---- signs of markup and of escaping that should not be there ---- */

static int has_entity(const uint8_t *t, size_t n) {
    for (const uint8_t *at = t; (at = memchr(at, '&', (size_t)(t + n - at))); at++) {
        size_t k = (size_t)(at - t) + 1, first;
        if (k < n && t[k] == '#') k++;
        for (first = k; k < n && k - first < 8 && (is_letter(t[k]) || is_digit(t[k])); k++) {}
        if (k - first >= 2 && k < n && t[k] == ';') return 1;
    }
    return 0;
}

static int is_capital(uint8_t b) { return b >= 'A' && b <= 'Z'; }
static int ends_sentence(uint8_t b) { return b == '.' || b == '!' || b == '?' || b == ':'; }

/* A backslash and n where a line should end: one behind the end of a sentence and before a capital, or two. */
static int has_escaped_line(const uint8_t *t, size_t n) {
    for (const uint8_t *at = t; (at = memchr(at, '\\', (size_t)(t + n - at))); at++) {
        size_t k = (size_t)(at - t);
        if (k + 2 >= n || t[k + 1] != 'n') continue;
        if (k && ends_sentence(t[k - 1]) && is_capital(t[k + 2])) return 1;
        if (k + 4 < n && t[k + 2] == '\\' && t[k + 3] == 'n' && is_capital(t[k + 4])) return 1;
    }
    return 0;
}

/* ---- code points ---- */

/* What a byte from 0x80 to 0x9F is read as by cp1252, or is by itself. */
static int is_c1_or_cp1252(uint32_t c) {
    static const uint16_t read_as[] = {
        0x20AC, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x017D, 0x2018,
        0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x017E, 0x0178};
    if (c >= 0x80 && c <= 0x9F) return 1;
    for (size_t i = 0; i < sizeof read_as / sizeof *read_as; i++)
        if (read_as[i] == c) return 1;
    return 0;
}

static int is_continuation(uint32_t c) { return (c >= 0x80 && c <= 0xBF) || is_c1_or_cp1252(c); }

/* UTF-8 read as Latin-1 or cp1252: a lead byte as a letter, continuation bytes as signs. */
static int is_mojibake(uint32_t lead, uint32_t next, uint32_t after) {
    if (lead == 0xC2) return next >= 0x80 && next <= 0xBF && next != 0xAB && next != 0xBB;
    if (lead == 0xC3) return (next >= 0x80 && next <= 0xBF && next != 0xAB && next != 0xBB) || next == 0x192 || next == 0x201A;
    if (lead == 0xE2) return (next == 0x80 || next == 0x20AC) && is_continuation(after);
    if (lead == 0xF0) return (next == 0x9F || next == 0x178) && is_continuation(after);
    return 0;
}

static int is_bidi(uint32_t c) { return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069); }

static int is_invisible(uint32_t c) {
    return c == 0x200B || c == 0x2060 || (c >= 0x2061 && c <= 0x2064) || c == 0x180E || c == 0xFEFF ||
           (c >= 0xFFF9 && c <= 0xFFFB) || c == 0x115F || c == 0x1160 || c == 0x3164 || c == 0xFFA0;
}

static int is_joiner(uint32_t c) { return c == 0x200C || c == 0x200D; }
static int is_tag(uint32_t c) { return c >= 0xE0000 && c <= 0xE007F; }

static int is_private(uint32_t c) {
    return (c >= 0xE000 && c <= 0xF8FF) || (c >= 0xF0000 && c <= 0x10FFFF) || (c >= 0xFDD0 && c <= 0xFDEF) ||
           (c & 0xFFFE) == 0xFFFE;
}

static enum script script_of(uint32_t c) {
    static const struct { uint32_t first, last; enum script script; } ranges[] = {
        {0x41, 0x24F, LATIN}, {0x250, 0x2AF, LATIN}, {0x370, 0x3FF, GREEK}, {0x400, 0x52F, CYRILLIC},
        {0x590, 0x5FF, HEBREW}, {0x600, 0x6FF, ARABIC}, {0x750, 0x77F, ARABIC}, {0x8A0, 0x8FF, ARABIC},
        {0x900, 0x97F, DEVANAGARI}, {0xE00, 0xE7F, THAI}, {0x1100, 0x11FF, HANGUL}, {0x1E00, 0x1EFF, LATIN},
        {0x1F00, 0x1FFF, GREEK}, {0x3040, 0x30FF, KANA}, {0x3130, 0x318F, HANGUL}, {0x31F0, 0x31FF, KANA},
        {0x3400, 0x4DBF, HAN}, {0x4E00, 0x9FFF, HAN}, {0xAC00, 0xD7AF, HANGUL}, {0xF900, 0xFAFF, HAN},
        {0xFB50, 0xFDFF, ARABIC}, {0xFE70, 0xFEFF, ARABIC}, {0xFF21, 0xFF5A, LATIN}, {0xFF66, 0xFF9D, KANA},
        {0x20000, 0x3134F, HAN}};
    size_t low = 0, high = sizeof ranges / sizeof *ranges;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c > ranges[middle].last) low = middle + 1;
        else high = middle;
    }
    return low < sizeof ranges / sizeof *ranges && c >= ranges[low].first ? ranges[low].script : OTHER;
}

/* The script of at least half of the letters; of Han and Kana together Kana from one in ten on: Japanese. */
static enum script most_of(const size_t *letters) {
    size_t all = 0, most = 0, counts[MIXED];
    memcpy(counts, letters, sizeof counts);
    if (counts[KANA] && counts[KANA] * 10 >= counts[KANA] + counts[HAN]) {
        counts[KANA] += counts[HAN];
        counts[HAN] = 0;
    } else {
        counts[HAN] += counts[KANA];
        counts[KANA] = 0;
    }
    for (size_t s = LATIN; s < MIXED; s++) {
        all += counts[s];
        if (counts[s] > counts[most]) most = s;
    }
    return all ? 2 * counts[most] >= all ? (enum script)most : MIXED : NO_SCRIPT;
}

static int is_letter_point(uint32_t c) {
    return c < POINTS && (kind_of[c] == 'l' || kind_of[c] == 'U' || kind_of[c] == 'c');
}

/* The marks of a code point above ASCII by itself; a byte order mark and tags depend on where they stand. */
static int32_t mark_of(uint32_t c) {
    if (c >= 0x3165 && c < 0xD800) return 0; /* letters of East Asia */
    if (c == 0xFFFD) return REPLACEMENT;
    if (c <= 0x9F) return c == 0x85 ? 0 : CONTROL;
    if (is_bidi(c)) return BIDI;
    if (is_invisible(c)) return INVISIBLE;
    return is_private(c) ? PRIVATE_USE : 0;
}

/* Letters among eight ASCII bytes. */
static size_t letters_in(uint64_t x) { return (size_t)((letters_of(x) >> 7) * EACH(1) >> 56); }

static void look_at_points(const uint8_t *t, size_t n, int32_t *marks, int32_t *script) {
    size_t letters[MIXED] = {0};
    uint32_t before = 0, last = 0; /* the two code points before */
    int in_flag = 0;
    for (size_t at = 0; at < n;) {
        uint32_t c = t[at];
        if (c < 0x80) {
            int letter = is_letter((uint8_t)c);
            if (letter && is_joiner(last) && before < 0x80 && is_letter((uint8_t)before)) *marks |= INVISIBLE;
            letters[LATIN] += (size_t)letter;
            in_flag = 0;
            at++;
            for (uint64_t next; at + 8 <= n && !((next = load64(t + at)) & TOPS); at += 8) {
                letters[LATIN] += letters_in(next);
                last = t[at + 6];
                c = t[at + 7];
            }
        } else {
            unsigned bytes;
            c = decode(t, at, n, &bytes);
            in_flag = c == 0x1F3F4 || (in_flag && is_tag(c));
            if (is_mojibake(before, last, c) || is_mojibake(last, c, 0)) *marks |= MOJIBAKE;
            if (!(c == 0xFEFF && at == 0)) *marks |= mark_of(c);
            if (is_tag(c) && !in_flag) *marks |= INVISIBLE;
            if (is_letter_point(c)) letters[script_of(c)]++;
            at += bytes;
        }
        before = last;
        last = c;
    }
    *script = most_of(letters);
}

/* What of a text decides which searches it needs; one pass without branches. */
typedef struct {
    uint8_t high, control, at, ampersand, backslash, dashes; /* not 0: there is one; of dashes two in a row */
    size_t digits;
} signs;

static signs signs_of(const uint8_t *t, size_t n) {
    signs s = {0};
    for (size_t first = 0, stop; first < n; first = stop) {
        uint8_t digits = 0; /* of at most 255 bytes */
        stop = n - first < 255 ? n : first + 255;
        for (size_t i = first; i < stop; i++) {
            uint8_t b = t[i];
            s.high |= b;
            s.control |= (uint8_t)((b < 0x20) & (b != '\t') & (b != '\n') & (b != '\r')) | (b == 0x7F);
            s.at |= b == '@';
            s.ampersand |= b == '&';
            s.backslash |= b == '\\';
            digits += (uint8_t)(b - '0') < 10;
        }
        s.digits += digits;
    }
    for (size_t i = 1; i < n; i++) s.dashes |= (t[i - 1] == '-') & (t[i] == '-');
    return s;
}

static int is_candidate(const uint8_t *t, size_t n, const signs *s) {
    return (s->at && has_address(t, n)) || has_long_token(t, n) || (s->digits >= MANY_DIGITS && has_many_digits(t, n)) ||
           (s->digits >= 4 && has_dotted_quad(t, n)) || (s->dashes && has_armour(t, n));
}

static void mark_text(const uint8_t *t, size_t n, int32_t *marks, int32_t *script) {
    signs s = signs_of(t, n);
    if (s.control) *marks |= CONTROL;
    if (s.ampersand && has_entity(t, n)) *marks |= ENTITY;
    if (s.backslash && has_escaped_line(t, n)) *marks |= ESCAPED;
    if (is_candidate(t, n, &s)) *marks |= CANDIDATE;
    if (s.high & 0x80) {
        look_at_points(t, n, marks, script);
        return;
    }
    for (size_t i = 0; i < n && *script == NO_SCRIPT; i++)
        if (is_letter(t[i])) *script = LATIN;
}

int mark_texts(const column *c, int32_t *out) {
    if (column_check(c) != OK) return BAD_COLUMN;
    memset(out, 0, c->rows * 2 * sizeof *out);
    for (size_t row = 0; row < c->rows; row++) {
        const uint8_t *text;
        size_t size;
        if (column_text(c, row, &text, &size) != OK) return BAD_COLUMN;
        if (text && size) mark_text(text, size, out + 2 * row, out + 2 * row + 1);
    }
    return OK;
}
