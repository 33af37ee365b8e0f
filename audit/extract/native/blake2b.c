/* BLAKE2b with a 16-byte digest and no key, as RFC 7693 defines it. */
#include "blake2b.h"

static inline uint64_t rotate(uint64_t x, int n) { return x >> n | x << (64 - n); }

/* Mixes one column or diagonal (section 3.1). */
#define G(a, b, c, d, x, y)         \
    do {                            \
        a += b + (x);               \
        d = rotate(d ^ a, 32);      \
        c += d;                     \
        b = rotate(b ^ c, 24);      \
        a += b + (y);               \
        d = rotate(d ^ a, 16);      \
        c += d;                     \
        b = rotate(b ^ c, 63);      \
    } while (0)

static void compress(uint64_t h[8], const uint8_t *data, uint64_t hashed, int is_last) {
    uint64_t m[16];
    for (int i = 0; i < 16; i++) m[i] = load64(data + 8 * i);
    uint64_t v[16];
    memcpy(v, h, 64);
    memcpy(v + 8, blake2b_iv, 64);
    v[12] ^= hashed;
    if (is_last) v[14] = ~v[14];
    UNROLL
    for (int round = 0; round < 12; round++) {
        const uint8_t *s = blake2b_schedule[round % 10];
        G(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
        G(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
        G(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
        G(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
        G(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
        G(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
        G(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
        G(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
    }
    for (int i = 0; i < 8; i++) h[i] ^= v[i] ^ v[8 + i];
}

void blake2b_finish(uint64_t h[8], uint64_t hashed, const uint8_t *data, size_t size, uint8_t *out) {
    uint8_t last[BLAKE2B_BLOCK] = {0};
    for (; size > BLAKE2B_BLOCK; size -= BLAKE2B_BLOCK, data += BLAKE2B_BLOCK) {
        hashed += BLAKE2B_BLOCK;
        compress(h, data, hashed, 0);
    }
    if (size) memcpy(last, data, size);
    compress(h, last, hashed + size, 1);
    store64(out, h[0]);
    store64(out + 8, h[1]);
}

void blake2b_128(const uint8_t *data, size_t size, uint8_t *out) {
    uint64_t h[8];
    memcpy(h, blake2b_iv, sizeof h);
    h[0] ^= BLAKE2B_PARAMETERS;
    blake2b_finish(h, 0, data, size, out);
}
