/* Shingles to MinHash slots, as datasketch's scheme affine32 has them: min over x of a * fmix32(x) + b mod 2^32. */
#include "near.h"

#include <stdlib.h>

#define GROUP 32 /* permutations whose minima stay in registers */

static inline uint32_t fmix32(uint32_t h) { /* the finalizer of MurmurHash3 */
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    h *= 0xc2b2ae35u;
    return h ^ h >> 16;
}

#define PERMUTE_BODY                                                                                         \
    for (size_t g = 0; g < SLOTS; g += GROUP) {                                                              \
        uint32_t a[GROUP], b[GROUP], least[GROUP];                                                           \
        for (size_t k = 0; k < GROUP; k++) a[k] = o->factor[g + k], b[k] = o->offset[g + k], least[k] = ~0u; \
        for (size_t i = 0; i < count; i++) {                                                                 \
            uint32_t x = hashes[i];                                                                          \
            for (size_t k = 0; k < GROUP; k++) {                                                             \
                uint32_t v = a[k] * x + b[k];                                                                \
                least[k] = v < least[k] ? v : least[k];                                                      \
            }                                                                                                \
        }                                                                                                    \
        for (size_t k = 0; k < GROUP; k++) slots[g + k] = least[k];                                          \
    }

static void permute_plain(const sketch_order *o, const uint32_t *hashes, size_t count, uint32_t *slots) { PERMUTE_BODY }

#if defined(__GNUC__) && defined(__x86_64__) && !defined(AUDIT_PORTABLE)
__attribute__((target("avx2"))) static void permute_avx2(const sketch_order *o, const uint32_t *hashes, size_t count,
                                                         uint32_t *slots) {
    PERMUTE_BODY
}

static void permute(const sketch_order *o, const uint32_t *hashes, size_t count, uint32_t *slots) {
    (__builtin_cpu_supports("avx2") ? permute_avx2 : permute_plain)(o, hashes, count, slots);
}
#else
#define permute permute_plain
#endif

static void put(const uint32_t *slots, int slot_bytes, uint8_t *out) {
    if (slot_bytes == 4) {
        memcpy(out, slots, SLOTS * sizeof *slots);
        return;
    }
    for (size_t k = 0; k < SLOTS; k++) out[k] = (uint8_t)slots[k];
}

int sketch_rows(const column *c, const sketch_order *o, uint8_t *out, uint8_t *left) {
    shingler s = {.takes_normal = o->takes_normal};
    uint32_t slots[SLOTS];
    int status = column_check(c);
    for (size_t i = 0; i < o->row_count && status == OK; i++) {
        const uint8_t *text;
        size_t size;
        if (o->rows[i] < 0 || (uint64_t)o->rows[i] >= c->rows) status = BAD_COLUMN;
        if (status == OK) status = column_text(c, (size_t)o->rows[i], &text, &size);
        if (status == OK) status = shingle_text(&s, text ? text : (const uint8_t *)"", size, c->data + c->data_size);
        if (status == NOT_NORMAL) s.gram_count = 0, left[i] = 1, status = OK;
        if (status != OK) break;
        uint32_t *hashes = (uint32_t *)(void *)s.grams; /* in place: the n-th is written behind the n-th read */
        for (size_t k = 0; k < s.gram_count; k++) {
            uint64_t gram;
            memcpy(&gram, s.grams + k, sizeof gram);
            uint32_t mixed = fmix32((uint32_t)(gram >> 32));
            memcpy((uint8_t *)hashes + sizeof mixed * k, &mixed, sizeof mixed);
        }
        permute(o, hashes, s.gram_count, slots);
        put(slots, o->slot_bytes, out + i * SLOTS * (size_t)o->slot_bytes);
    }
    shingler_end(&s);
    return status;
}
