/* Digests of values as they stand, and of texts in their normal form. */
#include "kernels.h"

#include <stdlib.h>

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
        size_t needed = normal_room(text, size), used;
        if (needed > room) {
            free(normal);
            room = needed + needed / 2 + 4096;
            normal = malloc(room);
            if (!normal) return NO_MEMORY;
        }
        if (normalise(text, size, normal, &used)) {
            blake2b_128(normal, used, out + KEY_BYTES * row);
        } else {
            left[row] = 1;
            ++*others;
        }
    }
    free(normal);
    return status;
}
