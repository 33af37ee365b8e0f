/* JSON Lines: checks every line strictly as one object and finds the wanted texts in it.

   A line gets SCAN_OK only when it is beyond doubt: one object after RFC 8259 in valid UTF-8, no key twice in any
   object, every wanted field there once and a text. Whatever is wrong, odd or rare (an escape in a key, half a
   surrogate pair, a long number, deep nesting) is SCAN_DOUBT, and the caller parses that line anew. So this file only
   ever has to be right about what it accepts. It reads nothing outside [data, data + size). */
#include "kernels.h"
#include "scan.h"

#include <stdlib.h>

#define DEEPEST 32
#define KEYS_MOST 64     /* open keys over all levels of one line */
#define DIGITS_MOST 40   /* of a number, exponent included: never beyond a double */

typedef struct {
    const uint8_t *p, *end;
    size_t keys_used;
    struct {
        const uint8_t *text;
        size_t size;
    } keys[KEYS_MOST];
} cursor;

static int scan_value(cursor *c, int depth);

static void skip_space(cursor *c) {
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\r')) c->p++;
}

static int next_is(cursor *c, uint8_t wanted) {
    skip_space(c);
    if (c->p == c->end || *c->p != wanted) return 0;
    c->p++;
    return 1;
}

/* ---- texts ---- */

/* Bytes of a well-formed UTF-8 sequence that starts with a byte >= 0x80; 0 when it is not one (Unicode, table 3-7). */
static size_t sequence_size(const uint8_t *p, size_t left) {
    uint8_t first = p[0];
    if (first < 0xc2 || first > 0xf4 || left < 2) return 0;
    if (first < 0xe0) return (p[1] & 0xc0) == 0x80 ? 2 : 0;
    uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < low || p[1] > high || left < 3 || (p[2] & 0xc0) != 0x80) return 0;
    if (first < 0xf0) return 3;
    return left >= 4 && (p[3] & 0xc0) == 0x80 ? 4 : 0;
}

/* The first byte from p on that is a quote, a backslash, a control character or not ASCII; end when there is none. */
static const uint8_t *plain_end(const uint8_t *p, const uint8_t *end) {
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    while (end - p >= 8) {
        uint64_t w = load64(p), quote = w ^ ones * '"', slash = w ^ ones * '\\';
        /* the lowest bit set is always right; borrows can only add bits above it */
        uint64_t hits = (((w - ones * 0x20) & ~w) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | w) & tops;
        if (hits) return p + (lowest_bit(hits) >> 3);
        p += 8;
    }
    while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\') p++;
    return p;
}

static int hex4(const uint8_t *p, const uint8_t *end, uint32_t *value) {
    if (end - p < 4) return 0;
    uint32_t v = 0;
    for (int i = 0; i < 4; i++) {
        uint8_t c = p[i], letter = c | 0x20;
        if (c >= '0' && c <= '9') v = v << 4 | (uint32_t)(c - '0');
        else if (letter >= 'a' && letter <= 'f') v = v << 4 | (uint32_t)(letter - 'a' + 10);
        else return 0;
    }
    *value = v;
    return 1;
}

static size_t utf8_size(uint32_t c) { return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4; }

/* The code point of an escape whose backslash is at p, and its written size; 0 when it is not legal or half a pair. */
static size_t escape_size(const uint8_t *p, const uint8_t *end, uint32_t *point) {
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (end - p < 2) return 0;
    if (p[1] != 'u') {
        const char *found = p[1] ? strchr(letters, p[1]) : NULL;
        if (!found) return 0;
        *point = (uint8_t)meant[found - letters];
        return 2;
    }
    uint32_t low;
    if (!hex4(p + 2, end, point)) return 0;
    if (*point < 0xd800 || *point > 0xdfff) return 6;
    if (*point > 0xdbff || end - p < 12 || p[6] != '\\' || p[7] != 'u' || !hex4(p + 8, end, &low)) return 0;
    if (low < 0xdc00 || low > 0xdfff) return 0;
    *point = 0x10000 + ((*point - 0xd800) << 10) + (low - 0xdc00);
    return 12;
}

/* A text whose opening quote was just passed. */
static int scan_text(cursor *c, text_span *found) {
    const uint8_t *start = c->p;
    size_t saved = 0;
    for (;;) {
        const uint8_t *p = plain_end(c->p, c->end);
        if (p == c->end) return 0;
        if (*p == '"') {
            *found = (text_span){start, (size_t)(p - start), (size_t)(p - start) - saved};
            c->p = p + 1;
            return 1;
        }
        size_t size;
        if (*p == '\\') {
            uint32_t point;
            size = escape_size(p, c->end, &point);
            saved += size ? size - utf8_size(point) : 0;
        } else {
            size = *p < 0x20 ? 0 : sequence_size(p, (size_t)(c->end - p));
        }
        if (!size) return 0;
        c->p = p + size;
    }
}

static uint8_t *put_point(uint8_t *out, uint32_t c) {
    if (c < 0x80) {
        *out++ = (uint8_t)c;
    } else if (c < 0x800) {
        *out++ = (uint8_t)(0xc0 | c >> 6);
        *out++ = (uint8_t)(0x80 | (c & 0x3f));
    } else {
        if (c < 0x10000) {
            *out++ = (uint8_t)(0xe0 | c >> 12);
        } else {
            *out++ = (uint8_t)(0xf0 | c >> 18);
            *out++ = (uint8_t)(0x80 | (c >> 12 & 0x3f));
        }
        *out++ = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        *out++ = (uint8_t)(0x80 | (c & 0x3f));
    }
    return out;
}

/* Writes span->plain bytes. */
static uint8_t *put_text(uint8_t *out, const text_span *span) {
    const uint8_t *p = span->raw, *end = p + span->size;
    if (span->plain == span->size) { /* every escape is longer than what it means */
        memcpy(out, p, span->size);
        return out + span->size;
    }
    while (p < end) {
        const uint8_t *slash = memchr(p, '\\', (size_t)(end - p));
        size_t run = (size_t)((slash ? slash : end) - p);
        memcpy(out, p, run);
        out += run, p += run;
        if (slash) {
            uint32_t point = 0;
            p += escape_size(p, end, &point);
            out = put_point(out, point);
        }
    }
    return out;
}

/* ---- values that nobody wants: checked and passed ---- */

static size_t scan_digits(cursor *c) {
    const uint8_t *start = c->p;
    while (c->p < c->end && *c->p >= '0' && *c->p <= '9') c->p++;
    return (size_t)(c->p - start);
}

static int scan_number(cursor *c) {
    const uint8_t *start = c->p;
    if (*c->p == '-') c->p++;
    const uint8_t *whole = c->p;
    size_t digits = scan_digits(c);
    if (!digits || (digits > 1 && *whole == '0')) return 0;
    if (c->p < c->end && *c->p == '.') {
        c->p++;
        if (!scan_digits(c)) return 0;
    }
    if (c->p < c->end && (*c->p | 0x20) == 'e') {
        c->p++;
        if (c->p < c->end && (*c->p == '+' || *c->p == '-')) c->p++;
        digits = scan_digits(c);
        if (!digits || digits > 2) return 0;
    }
    return c->p - start <= DIGITS_MOST;
}

static int scan_word(cursor *c, const char *word) {
    size_t size = strlen(word);
    if ((size_t)(c->end - c->p) < size || memcmp(c->p, word, size)) return 0;
    c->p += size;
    return 1;
}

/* A key and its colon; the key must be new since keys[first]. */
static int scan_key(cursor *c, size_t first, text_span *key) {
    if (!next_is(c, '"') || !scan_text(c, key) || key->plain != key->size) return 0;
    if (c->keys_used == KEYS_MOST || !next_is(c, ':')) return 0;
    for (size_t i = first; i < c->keys_used; i++) {
        if (c->keys[i].size == key->size && !memcmp(c->keys[i].text, key->raw, key->size)) return 0;
    }
    c->keys[c->keys_used].text = key->raw;
    c->keys[c->keys_used++].size = key->size;
    skip_space(c);
    return c->p < c->end;
}

static int scan_object(cursor *c, int depth) {
    size_t first = c->keys_used;
    text_span key;
    if (next_is(c, '}')) return 1;
    do {
        if (!scan_key(c, first, &key) || !scan_value(c, depth)) return 0;
    } while (next_is(c, ','));
    c->keys_used = first;
    return next_is(c, '}');
}

static int scan_list(cursor *c, int depth) {
    if (next_is(c, ']')) return 1;
    do {
        skip_space(c);
        if (c->p == c->end || !scan_value(c, depth)) return 0;
    } while (next_is(c, ','));
    return next_is(c, ']');
}

/* The value at c->p < c->end. */
static int scan_value(cursor *c, int depth) {
    text_span text;
    if (depth == DEEPEST) return 0;
    switch (*c->p) {
    case '"': c->p++; return scan_text(c, &text);
    case '{': c->p++; return scan_object(c, depth + 1);
    case '[': c->p++; return scan_list(c, depth + 1);
    case 't': return scan_word(c, "true");
    case 'f': return scan_word(c, "false");
    case 'n': return scan_word(c, "null");
    default: return scan_number(c);
    }
}

/* ---- lines ---- */

/* One line: finds the texts of the wanted fields. */
static int scan_line(cursor *c, const wanted_field *fields, size_t field_count, text_span *found) {
    text_span key;
    size_t seen = 0;
    c->keys_used = 0;
    if (!next_is(c, '{')) return 0;
    do {
        if (!scan_key(c, 0, &key)) return 0;
        size_t f = 0;
        while (f < field_count && (fields[f].size != key.size || memcmp(fields[f].name, key.raw, key.size))) f++;
        if (f == field_count) {
            if (!scan_value(c, 1)) return 0;
        } else {
            if (*c->p++ != '"' || !scan_text(c, &found[f])) return 0;
            seen++;
        }
    } while (next_is(c, ','));
    if (!next_is(c, '}')) return 0;
    skip_space(c);
    return c->p == c->end && seen == field_count;
}

static int is_blank(const uint8_t *p, const uint8_t *end) {
    cursor c = {.p = p, .end = end};
    skip_space(&c);
    return c.p == end;
}

size_t scan_count(const uint8_t *data, size_t size) {
    size_t lines = 0;
    const uint8_t *p = data, *end = data + size;
    while (p < end) {
        const uint8_t *stop = memchr(p, '\n', (size_t)(end - p));
        p = stop ? stop + 1 : end;
        lines++;
    }
    return lines;
}

int scan_start(scan *s) {
    s->spans = s->lines && s->field_count ? calloc(s->lines * s->field_count, sizeof(text_span)) : NULL;
    return !s->spans && s->lines && s->field_count ? NO_MEMORY : OK;
}

void scan_run(scan *s, const uint8_t *data, size_t size, uint8_t *status, int64_t *starts) {
    const uint8_t *p = data, *end = data + size;
    text_span *found = s->spans;
    cursor c;
    for (size_t line = 0; line < s->lines; line++, found += s->field_count) {
        const uint8_t *stop = memchr(p, '\n', (size_t)(end - p));
        if (!stop) stop = end;
        starts[line] = (int64_t)(p - data);
        c.p = p, c.end = stop;
        status[line] = SCAN_OK;
        if ((size_t)(stop - p) > s->longest || !scan_line(&c, s->fields, s->field_count, found)) {
            status[line] = is_blank(p, stop) ? SCAN_BLANK : SCAN_DOUBT;
            memset(found, 0, s->field_count * sizeof *found);
        }
        s->accepted += status[line] == SCAN_OK;
        s->doubted += status[line] == SCAN_DOUBT;
        if (s->doubted == PATIENCE && !s->accepted) return; /* these rows are of another kind */
        p = stop == end ? end : stop + 1;
    }
}

size_t scan_text_bytes(const scan *s, size_t field) {
    const text_span *span = s->spans;
    size_t total = 0;
    for (size_t line = 0; line < s->lines; line++) total += span[line * s->field_count + field].plain;
    return total;
}

/* Writes the texts of a field one after another, and where each accepted line's text starts (and the last one ends). */
void scan_put(const scan *s, size_t field, const uint8_t *status, int64_t *offsets, uint8_t *texts) {
    const text_span *span = s->spans;
    uint8_t *out = texts;
    *offsets++ = 0;
    for (size_t line = 0; line < s->lines; line++) {
        if (status[line] != SCAN_OK) continue;
        out = put_text(out, &span[line * s->field_count + field]);
        *offsets++ = (int64_t)(out - texts);
    }
}

void scan_end(scan *s) { free(s->spans); }
