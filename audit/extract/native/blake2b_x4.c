/* BLAKE2b, four messages side by side in the lanes of 256-bit registers, where the processor has AVX2. */
#include "blake2b.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(AUDIT_PORTABLE)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))
#define ADD(a, b) _mm256_add_epi64(a, b)
#define XOR(a, b) _mm256_xor_si256(a, b)
#define SAME(x) _mm256_set1_epi64x((long long)(x))
#define ROTATE_32(x) _mm256_shuffle_epi32(x, 0xb1)
#define ROTATE_24(x) _mm256_shuffle_epi8(x, by_24)
#define ROTATE_16(x) _mm256_shuffle_epi8(x, by_16)
#define ROTATE_63(x) _mm256_or_si256(_mm256_srli_epi64(x, 63), ADD(x, x))

/* Mixes one column or diagonal of each message, as in blake2b.c. */
#define G(a, b, c, d, x, y)         \
    do {                            \
        a = ADD(ADD(a, b), x);      \
        d = ROTATE_32(XOR(d, a));   \
        c = ADD(c, d);              \
        b = ROTATE_24(XOR(b, c));   \
        a = ADD(ADD(a, b), y);      \
        d = ROTATE_16(XOR(d, a));   \
        c = ADD(c, d);              \
        b = ROTATE_63(XOR(b, c));   \
    } while (0)

/* m[4 * quarter .. + 3] of all messages, transposed from 32 bytes of each. */
AVX2 static inline void load_quarter(const uint8_t *const data[4], int quarter, __m256i m[16]) {
    __m256i r[4];
    for (int i = 0; i < 4; i++) r[i] = _mm256_loadu_si256((const __m256i *)(const void *)(data[i] + 32 * quarter));
    __m256i low01 = _mm256_unpacklo_epi64(r[0], r[1]), high01 = _mm256_unpackhi_epi64(r[0], r[1]);
    __m256i low23 = _mm256_unpacklo_epi64(r[2], r[3]), high23 = _mm256_unpackhi_epi64(r[2], r[3]);
    m[4 * quarter] = _mm256_permute2x128_si256(low01, low23, 0x20);
    m[4 * quarter + 1] = _mm256_permute2x128_si256(high01, high23, 0x20);
    m[4 * quarter + 2] = _mm256_permute2x128_si256(low01, low23, 0x31);
    m[4 * quarter + 3] = _mm256_permute2x128_si256(high01, high23, 0x31);
}

AVX2 static void compress(uint64_t h[8][4], const uint8_t *const data[4], const uint64_t hashed[4],
                          const uint64_t last[4]) {
    const __m256i by_24 = _mm256_setr_epi8(3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10, 3, 4, 5, 6, 7, 0, 1,
                                           2, 11, 12, 13, 14, 15, 8, 9, 10);
    const __m256i by_16 = _mm256_setr_epi8(2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9, 2, 3, 4, 5, 6, 7, 0,
                                           1, 10, 11, 12, 13, 14, 15, 8, 9);
    __m256i m[16], v[16];
    for (int quarter = 0; quarter < 4; quarter++) load_quarter(data, quarter, m);
    for (int i = 0; i < 8; i++) {
        v[i] = _mm256_loadu_si256((const __m256i *)(const void *)h[i]);
        v[8 + i] = SAME(blake2b_iv[i]);
    }
    v[12] = XOR(v[12], _mm256_loadu_si256((const __m256i *)(const void *)hashed));
    v[14] = XOR(v[14], _mm256_loadu_si256((const __m256i *)(const void *)last));
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
    for (int i = 0; i < 8; i++) {
        __m256i old = _mm256_loadu_si256((const __m256i *)(const void *)h[i]);
        _mm256_storeu_si256((__m256i *)(void *)h[i], XOR(old, XOR(v[i], v[8 + i])));
    }
}

static int is_able(void) { return __builtin_cpu_supports("avx2"); }
#else
static void compress(uint64_t h[8][4], const uint8_t *const data[4], const uint64_t hashed[4], const uint64_t last[4]) {
    (void)h, (void)data, (void)hashed, (void)last;
}

static int is_able(void) { return 0; }
#endif

/* A message that is being hashed. */
typedef struct {
    message left; /* what is not hashed yet */
    uint64_t hashed;
    uint8_t block[BLAKE2B_BLOCK]; /* the last one, filled up with zeros */
} lane;

/* Hashes what is left of one lane. */
static void finish(uint64_t h[8][4], const lane *l, int i) {
    uint64_t own[8];
    for (int k = 0; k < 8; k++) own[k] = h[k][i];
    blake2b_finish(own, l->hashed, l->left.data, l->left.size, l->left.out);
}

/* Takes a lane's next block: where it stands, and whether it is the last. */
static const uint8_t *take_block(lane *l, uint64_t *last) {
    const uint8_t *data = l->left.data;
    size_t size = l->left.size < BLAKE2B_BLOCK ? l->left.size : BLAKE2B_BLOCK;
    *last = l->left.size > BLAKE2B_BLOCK ? 0 : ~(uint64_t)0;
    l->hashed += size;
    l->left.data += size;
    l->left.size -= size;
    if (size == BLAKE2B_BLOCK) return data;
    memset(l->block, 0, sizeof l->block);
    if (size) memcpy(l->block, data, size);
    return l->block;
}

/* Begins the next message in lane i; 0 when there is none. */
static int begin(uint64_t h[8][4], lane *l, int i, message_source next, void *state) {
    if (!next(state, i, &l->left)) return 0;
    l->hashed = 0;
    for (int k = 0; k < 8; k++) h[k][i] = blake2b_iv[k];
    h[0][i] ^= BLAKE2B_PARAMETERS;
    return 1;
}

void blake2b_128_each(message_source next, void *state) {
    lane lanes[4];
    uint64_t h[8][4];
    int busy[4] = {0}, running = 1;
    if (!is_able()) {
        while (next(state, 0, &lanes[0].left)) blake2b_128(lanes[0].left.data, lanes[0].left.size, lanes[0].left.out);
        return;
    }
    for (int i = 0; i < 4; i++) running &= busy[i] = begin(h, &lanes[i], i, next, state);
    while (running) {
        const uint8_t *data[4];
        uint64_t hashed[4], last[4];
        for (int i = 0; i < 4; i++) {
            data[i] = take_block(&lanes[i], &last[i]);
            hashed[i] = lanes[i].hashed;
        }
        compress(h, data, hashed, last);
        for (int i = 0; i < 4; i++) {
            if (!last[i]) continue;
            store64(lanes[i].left.out, h[0][i]);
            store64(lanes[i].left.out + 8, h[1][i]);
            running &= busy[i] = begin(h, &lanes[i], i, next, state);
        }
    }
    for (int i = 0; i < 4; i++)
        if (busy[i]) finish(h, &lanes[i], i);
}
