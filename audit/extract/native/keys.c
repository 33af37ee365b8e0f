/* Digests of values as they stand, and of texts in their normal form. */
#include "kernels.h"

#include <stdlib.h>

/* The rows of a column, handed to the hasher one by one. */
typedef struct {
    const column *c;
    size_t row;
    int status;
    uint8_t *out, *left;
    size_t others;
    uint8_t *normal[4]; /* a buffer for each message in work */
    size_t room[4];
} rows_to_hash;

static int next_blob(void *state, int slot, message *next) {
    rows_to_hash *s = state;
    (void)slot;
    while (s->status == OK && s->row < s->c->rows) {
        size_t row = s->row++;
        s->status = column_text(s->c, row, &next->data, &next->size);
        next->out = s->out + KEY_BYTES * row;
        if (s->status == OK && next->data) return 1;
    }
    return 0;
}

int hash_blobs(const column *c, uint8_t *out) {
    rows_to_hash s = {.c = c, .status = column_check(c), .out = out};
    blake2b_128_each(next_blob, &s);
    return s.status;
}

static int make_room(rows_to_hash *s, int slot, size_t needed) {
    if (needed <= s->room[slot]) return OK;
    free(s->normal[slot]);
    s->room[slot] = needed + needed / 2 + 4096;
    s->normal[slot] = malloc(s->room[slot]);
    if (s->normal[slot]) return OK;
    s->room[slot] = 0;
    return NO_MEMORY;
}

static int next_normal(void *state, int slot, message *next) {
    rows_to_hash *s = state;
    message raw;
    while (next_blob(state, slot, &raw)) {
        s->status = make_room(s, slot, normal_room(raw.data, raw.size));
        if (s->status != OK) return 0;
        *next = (message){s->normal[slot], 0, raw.out};
        if (normalise(raw.data, raw.size, s->normal[slot], &next->size)) return 1;
        s->left[s->row - 1] = 1;
        s->others++;
    }
    return 0;
}

int hash_texts(const column *c, uint8_t *out, uint8_t *left, size_t *others) {
    rows_to_hash s = {.c = c, .status = column_check(c), .out = out, .left = left};
    blake2b_128_each(next_normal, &s);
    for (int slot = 0; slot < 4; slot++) free(s.normal[slot]);
    *others = s.others;
    return s.status;
}
