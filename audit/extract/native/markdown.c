/* Lines, paragraphs, and the Markdown of a text. */
#include "kernels.h"

typedef struct {
    const passage *p;
    line_counts *counts;
    uint8_t fence; /* the sign that the open block began with, or 0 */
    int was_blank;
} reader;

static int is_blank_or_tab(uint8_t c) { return c == ' ' || c == '\t'; }

static size_t skip_blanks(const uint8_t *text, size_t at, size_t end) {
    while (at < end && is_blank_or_tab(text[at])) at++;
    return at;
}

static size_t run_end(const uint8_t *text, size_t at, size_t end) {
    uint8_t c = text[at];
    while (at < end && text[at] == c) at++;
    return at;
}

/* Only white space from `at` on, of any kind. */
static int is_blank(const uint8_t *text, size_t at, size_t end) {
    unsigned bytes;
    for (; at < end; at += bytes)
        if (kind_of[decode(text, at, end, &bytes)] != ' ') return 0;
    return 1;
}

/* The first of the signs a and b at or behind `at`, or `end`. */
static size_t find(const uint8_t *text, size_t at, size_t end, uint8_t a, uint8_t b) {
    while (at < end && text[at] != a && text[at] != b) at++;
    return at;
}

/* The end of the Markdown link that starts with the bracket at `at`, or 0. */
static size_t link_end(const uint8_t *text, size_t at, size_t end) {
    size_t close = find(text, at + 1, end, '[', ']');
    if (close + 1 >= end || text[close] != ']' || text[close + 1] != '(') return 0;
    close = find(text, close + 2, end, '(', ')');
    return close < end && text[close] == ')' ? close + 1 : 0;
}

static int is_address(const uint8_t *text, size_t colon, size_t start, size_t end) {
    if (colon + 2 >= end || text[colon + 1] != '/' || text[colon + 2] != '/') return 0;
    if (colon - start >= 4 && !memcmp(text + colon - 4, "http", 4)) return 1;
    return colon - start >= 5 && !memcmp(text + colon - 5, "https", 5);
}

/* Emphasis by one sign: a run of two or more closes what the last run of two or more opened. */
static int64_t close_span(int *is_open, size_t run) {
    int64_t closed = 0;
    if (*is_open && run >= 2) {
        closed = 1;
        run -= 2;
    }
    *is_open = run >= 2;
    return closed;
}

static void read_inline(reader *r, size_t start, size_t end) {
    const uint8_t *text = r->p->text;
    int star_open = 0, score_open = 0;
    int64_t ticks = 0;
    size_t linked = start, next = start; /* behind the last link, behind the last run */
    for (size_t i = start >> 6; i <= (end - 1) >> 6; i++) {
        uint64_t signs = r->p->blocks[i][MARKUP];
        if (i == start >> 6) signs &= ~(uint64_t)0 << (start & 63);
        for (; signs; signs &= signs - 1) {
            size_t at = 64 * i + lowest_bit(signs), closed;
            if (at >= end) break;
            if (at < next) continue;
            switch (text[at]) {
            case '*':
                next = run_end(text, at, end);
                r->counts->bold += close_span(&star_open, next - at);
                break;
            case '_':
                next = run_end(text, at, end);
                r->counts->bold += close_span(&score_open, next - at);
                break;
            case '`':
                next = run_end(text, at, end);
                ticks++;
                break;
            case '[':
                closed = at < linked ? 0 : link_end(text, at, end);
                r->counts->links += closed != 0;
                if (closed) linked = closed;
                break;
            default:
                r->counts->links += at >= linked && is_address(text, at, start, end);
            }
        }
    }
    r->counts->inline_code += ticks / 2;
}

static int is_numbered(const uint8_t *text, size_t at, size_t end) {
    while (at < end && text[at] >= '0' && text[at] <= '9') at++;
    return at + 1 < end && (text[at] == '.' || text[at] == ')') && is_blank_or_tab(text[at + 1]);
}

static int is_table_row(const uint8_t *text, size_t at, size_t end) {
    while (end > at && (is_blank_or_tab(text[end - 1]) || text[end - 1] == '\r')) end--;
    return end > at + 1 && text[end - 1] == '|';
}

/* What kind of line starts with the sign text[at], the first that is no blank. */
static void read_block_sign(reader *r, size_t start, size_t at, size_t end) {
    const uint8_t *text = r->p->text;
    size_t level;
    switch (text[at]) {
    case '#':
        if (at != start) break;
        level = run_end(text, at, end) - at;
        r->counts->headers += level <= 6 && at + level < end && is_blank_or_tab(text[at + level]);
        break;
    case '-': case '*': case '+':
        r->counts->bullets += at + 1 < end && is_blank_or_tab(text[at + 1]);
        break;
    case '|':
        r->counts->table_rows += is_table_row(text, at, end);
        break;
    case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        r->counts->numbered += is_numbered(text, at, end);
        break;
    default:
        break;
    }
}

static void read_line(reader *r, size_t start, size_t end) {
    const uint8_t *text = r->p->text;
    size_t at = skip_blanks(text, start, end);
    int blank = at == end || ((text[at] < ' ' || text[at] >= 0x80) && is_blank(text, at, end));
    r->counts->paragraphs += r->was_blank && !blank;
    r->was_blank = blank;
    if (at == end) return;
    uint8_t c = text[at];
    if ((c == '`' || c == '~') && end - at >= 3 && text[at + 1] == c && text[at + 2] == c) {
        if (!r->fence) {
            r->fence = c;
            r->counts->code_fences++;
            return;
        }
        if (r->fence == c) {
            r->fence = 0;
            return;
        }
    }
    if (r->fence) return;
    read_block_sign(r, start, at, end);
    read_inline(r, start, end);
}

void count_lines(const passage *p, line_counts *counts) {
    reader r = {p, counts, 0, 1};
    size_t start = 0;
    memset(counts, 0, sizeof *counts);
    for (size_t i = 0; i < p->blocks_used; i++) {
        for (uint64_t m = p->blocks[i][NEWLINE]; m; m &= m - 1) {
            size_t end = 64 * i + lowest_bit(m);
            read_line(&r, start, end);
            counts->lines++;
            start = end + 1;
        }
    }
    if (start < p->size) {
        read_line(&r, start, p->size);
        counts->lines++;
    }
}
