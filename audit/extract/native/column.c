/* A bounds-checked view of an Arrow string or binary column. */
#include "kernels.h"

static int64_t offset_at(const column *c, size_t index) {
    if (c->offset_bytes == 4) {
        int32_t v;
        memcpy(&v, c->offsets + 4 * index, 4);
        return v;
    }
    int64_t v;
    memcpy(&v, c->offsets + 8 * index, 8);
    return v;
}

int column_check(const column *c) {
    size_t most = SIZE_MAX / 16;
    if (c->offset_bytes != 4 && c->offset_bytes != 8) return BAD_COLUMN;
    if (c->first > most || c->rows > most) return BAD_COLUMN;
    size_t end = c->first + c->rows;
    if (c->rows && (end + 1) * (size_t)c->offset_bytes > c->offsets_size) return BAD_COLUMN;
    if (c->validity && c->rows && (end + 7) / 8 > c->validity_size) return BAD_COLUMN;
    return OK;
}

int column_text(const column *c, size_t row, const uint8_t **text, size_t *size) {
    size_t at = c->first + row;
    *text = NULL;
    *size = 0;
    if (c->validity && !(c->validity[at >> 3] >> (at & 7) & 1)) return OK;
    int64_t start = offset_at(c, at), end = offset_at(c, at + 1);
    if (start < 0 || end < start || (uint64_t)end > c->data_size) return BAD_COLUMN;
    *text = c->data + start;
    *size = (size_t)(end - start);
    return OK;
}
