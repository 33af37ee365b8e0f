/* How texts begin and end: hashes of the first and the last eight words, for finding templates. */
#include "kernels.h"

#define EDGE_WORDS 8   /* words of an opening or a close */
#define EDGE_POINTS 16 /* code points instead, in a text of fewer words */

static inline int is_blank(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

static inline uint64_t feed(uint64_t h, uint8_t byte) {
    if (byte >= 'A' && byte <= 'Z') byte |= 0x20;
    h = (h ^ byte) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

/* The hash of the bytes between two places, each run of blanks as one space. */
static uint64_t hash_span(const uint8_t *at, const uint8_t *end) {
    uint64_t h = 0x6a09e667f3bcc908u;
    int after_blank = 0;
    for (; at < end; at++) {
        int blank = is_blank(*at);
        if (!blank) h = feed(h, *at);
        else if (!after_blank) h = feed(h, ' ');
        after_blank = blank;
    }
    return h ? h : 1;
}

/* The end of the eighth word from the front, or NULL; *first becomes the start of the first. */
static const uint8_t *front(const uint8_t *text, const uint8_t *end, const uint8_t **first) {
    while (text < end && is_blank(*text)) text++;
    *first = text;
    for (int words = 0; text < end;) {
        while (text < end && !is_blank(*text)) text++;
        if (++words == EDGE_WORDS) return text;
        while (text < end && is_blank(*text)) text++;
    }
    return NULL;
}

/* The start of the eighth word from the back; *last becomes the end of the last. There are eight. */
static const uint8_t *back(const uint8_t *text, const uint8_t *end, const uint8_t **last) {
    while (end > text && is_blank(end[-1])) end--;
    *last = end;
    for (int words = 0;;) {
        while (end > text && !is_blank(end[-1])) end--;
        if (++words == EDGE_WORDS) return end;
        while (is_blank(end[-1])) end--;
    }
}

static inline int starts_point(uint8_t byte) { return (byte & 0xc0) != 0x80; }

static void by_points(const uint8_t *first, const uint8_t *last, uint64_t out[2]) {
    const uint8_t *head = first, *tail = last;
    size_t points = 0;
    for (const uint8_t *at = first; at < last && points < 2 * EDGE_POINTS; at++) points += starts_point(*at);
    if (points < 2 * EDGE_POINTS) return;
    for (int seen = 0; seen <= EDGE_POINTS; head++) seen += starts_point(*head);
    for (int seen = 0; seen < EDGE_POINTS;) seen += starts_point(*--tail);
    out[0] = hash_span(first, head - 1);
    out[1] = hash_span(tail, last);
}

int edge_rows(const column *c, uint64_t *out) {
    int status = column_check(c);
    for (size_t row = 0; row < c->rows && status == OK; row++, out += 2) {
        const uint8_t *text, *first, *last;
        size_t size;
        out[0] = out[1] = 0;
        status = column_text(c, row, &text, &size);
        if (status != OK || !text) continue;
        const uint8_t *stop = front(text, text + size, &first);
        if (stop) {
            out[0] = hash_span(first, stop);
            const uint8_t *start = back(first, text + size, &last);
            out[1] = hash_span(start, last);
        } else {
            last = text + size;
            while (last > first && is_blank(last[-1])) last--;
            by_points(first, last, out);
        }
    }
    return status;
}
