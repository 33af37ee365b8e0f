/* Plain rows to their canonical form (RFC 8785) and leaf, and leaves to a root. The oracle is row_kernels.py. */
#include <stdlib.h>

#include "rows.h"

#define TAG "\0[\"dpo-row/v1\"," /* behind the prefix of a leaf */
#define LONGEST_ESCAPE 6

typedef struct {
    uint8_t *at;
    size_t size, room;
} writing;

static int reserve(writing *w, size_t more) {
    if (w->room - w->size >= more) return OK;
    if (more > SIZE_MAX / 4 - w->size) return NO_MEMORY;
    size_t room = (w->size + more) * 3 / 2 + 256;
    uint8_t *grown = realloc(w->at, room);
    if (!grown) return NO_MEMORY;
    w->at = grown, w->room = room;
    return OK;
}

static int put(writing *w, const void *bytes, size_t size) {
    if (reserve(w, size)) return NO_MEMORY;
    if (size) memcpy(w->at + w->size, bytes, size);
    w->size += size;
    return OK;
}

static size_t escape(uint8_t c, uint8_t *out) {
    static const char hex[] = "0123456789abcdef";
    static const char names[] = "btn\0fr"; /* of U+0008 to U+000D; U+000B has none */
    out[0] = '\\';
    if (c == '"' || c == '\\') out[1] = c;
    else if (c >= 8 && c <= 13 && c != 11) out[1] = (uint8_t)names[c - 8];
    else {
        memcpy(out + 1, "u00", 3);
        out[4] = (uint8_t)hex[c >> 4], out[5] = (uint8_t)hex[c & 15];
        return LONGEST_ESCAPE;
    }
    return 2;
}

/* The high bit of each byte that JSON escapes: below a blank, a quote, a backslash. The lowest set bit is exact. */
static inline uint64_t escaped_bytes(uint64_t v) {
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    uint64_t quote = v ^ ones * '"', slash = v ^ ones * '\\';
    return ((v - ones * ' ') & ~v & high) | ((quote - ones) & ~quote & high) | ((slash - ones) & ~slash & high);
}

/* A text as a JSON string and a comma. */
static int put_text(writing *w, const uint8_t *text, size_t size) {
    size_t i = 0;
    if (reserve(w, size + size / 16 + 64)) return NO_MEMORY;
    w->at[w->size++] = '"';
    while (i < size) {
        if (w->room - w->size < 16 + LONGEST_ESCAPE && reserve(w, size - i + 64)) return NO_MEMORY;
        uint8_t *out = w->at + w->size;
        if (size - i < 8) {
            size_t used = 1;
            if (text[i] < ' ' || text[i] == '"' || text[i] == '\\') used = escape(text[i], out);
            else *out = text[i];
            w->size += used, i++;
            continue;
        }
        uint64_t found = escaped_bytes(load64(text + i));
        memcpy(out, text + i, 8);
        if (!found) {
            w->size += 8, i += 8;
            continue;
        }
        unsigned plain = lowest_bit(found) / 8;
        w->size += plain + escape(text[i + plain], out + plain);
        i += plain + 1;
    }
    return put(w, "\",", 2);
}

static int put_cell(writing *w, const column *c, size_t row, int is_text) {
    const uint8_t *text;
    size_t size;
    int status = column_text(c, row, &text, &size);
    if (status) return status;
    if (!text) return BAD_COLUMN;
    return is_text ? put_text(w, text, size) : put(w, text, size);
}

static int put_row(writing *w, const column *const texts[3], const column *extras, size_t row) {
    int status = put(w, TAG, sizeof TAG - 1);
    for (int i = 0; i < 3 && !status; i++) status = put_cell(w, texts[i], row, 1);
    if (!status) status = extras ? put_cell(w, extras, row, 0) : put(w, "{}", 2);
    return status ? status : put(w, "]", 1);
}

int row_leaves(const column *prompts, const column *chosen, const column *rejected, const column *extras,
               uint8_t *out) {
    const column *const texts[3] = {prompts, chosen, rejected};
    sha256_blocks run = sha256_choose();
    writing w = {NULL, 0, 0};
    int status = extras ? column_check(extras) : OK;
    for (int i = 0; i < 3 && !status; i++) status = column_check(texts[i]);
    for (size_t row = 0; row < prompts->rows && !status; row++) {
        w.size = 0;
        status = put_row(&w, texts, extras, row);
        if (!status) sha256(run, w.at, w.size, out + HASH_BYTES * row);
    }
    free(w.at);
    return status;
}

int tree_root(const uint8_t *leaves, size_t count, uint8_t out[HASH_BYTES]) {
    sha256_blocks run = sha256_choose();
    uint8_t node[1 + 2 * HASH_BYTES] = {1};
    if (count == 0) {
        sha256(run, node, 0, out);
        return OK;
    }
    uint8_t *level = malloc((count / 2 + 1) * HASH_BYTES);
    if (!level) return NO_MEMORY;
    const uint8_t *below = leaves;
    while (count > 1) {
        for (size_t i = 0; i + 1 < count; i += 2) {
            memcpy(node + 1, below + HASH_BYTES * i, 2 * HASH_BYTES);
            sha256(run, node, sizeof node, level + HASH_BYTES * (i / 2));
        }
        if (count & 1) memmove(level + HASH_BYTES * (count / 2), below + HASH_BYTES * (count - 1), HASH_BYTES);
        count = (count + 1) / 2;
        below = level;
    }
    memcpy(out, below, HASH_BYTES);
    free(level);
    return OK;
}
