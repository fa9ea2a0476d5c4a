#include "CSha256.h"

#include <stdatomic.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#define SHA_CODE __attribute__((target("sha,sse4.1,ssse3")))

static int has_sha_instructions(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSSE3) || !(c & bit_SSE4_1)) return 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 29)) != 0;
}

int hf_sha256_is_interleaved(void) {
    // Any thread may be the first to ask; all of them find the same.
    static _Atomic int known = -1;
    int found = atomic_load_explicit(&known, memory_order_relaxed);
    if (__builtin_expect(found < 0, 0)) {
        found = has_sha_instructions();
        atomic_store_explicit(&known, found, memory_order_relaxed);
    }
    return found;
}

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
static const uint32_t round_constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// The eight words of a state as the instructions want them: a, b, e, f in one register, c, d, g, h in the other, the
// first of them highest.
typedef struct {
    __m128i abef, cdgh;
} state;

static const uint32_t initial_abef[4] __attribute__((aligned(16))) = {0x9b05688c, 0x510e527f, 0xbb67ae85, 0x6a09e667};
static const uint32_t initial_cdgh[4] __attribute__((aligned(16))) = {0x5be0cd19, 0x1f83d9ab, 0xa54ff53a, 0x3c6ef372};

SHA_CODE static inline state initial_state(void) {
    state s = {_mm_load_si128((const __m128i *)initial_abef), _mm_load_si128((const __m128i *)initial_cdgh)};
    return s;
}

SHA_CODE static inline void store_digest(const state *s, uint8_t *out) {
    const __m128i bytes_reversed = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
    __m128i abcd = _mm_unpackhi_epi64(s->cdgh, s->abef);
    __m128i efgh = _mm_unpacklo_epi64(s->cdgh, s->abef);
    _mm_storeu_si128((__m128i *)out, _mm_shuffle_epi8(abcd, bytes_reversed));
    _mm_storeu_si128((__m128i *)(out + 16), _mm_shuffle_epi8(efgh, bytes_reversed));
}

// Four rounds of each message; from the fifth group on the next four words of the schedule come from the last sixteen.
#define FOUR_ROUNDS(g)                                                                                               \
    do {                                                                                                             \
        if (g < 4) {                                                                                                 \
            w0[g] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(block0 + 16 * (g & 3))), big_endian);         \
            w1[g] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(block1 + 16 * (g & 3))), big_endian);         \
        } else {                                                                                                     \
            __m128i t0 = _mm_sha256msg1_epu32(w0[(g) & 3], w0[(g + 1) & 3]);                                         \
            __m128i t1 = _mm_sha256msg1_epu32(w1[(g) & 3], w1[(g + 1) & 3]);                                         \
            t0 = _mm_add_epi32(t0, _mm_alignr_epi8(w0[(g + 3) & 3], w0[(g + 2) & 3], 4));                            \
            t1 = _mm_add_epi32(t1, _mm_alignr_epi8(w1[(g + 3) & 3], w1[(g + 2) & 3], 4));                            \
            w0[(g) & 3] = _mm_sha256msg2_epu32(t0, w0[(g + 3) & 3]);                                                 \
            w1[(g) & 3] = _mm_sha256msg2_epu32(t1, w1[(g + 3) & 3]);                                                 \
        }                                                                                                            \
        __m128i k = _mm_load_si128((const __m128i *)(round_constants + 4 * (g)));                                    \
        __m128i k0 = _mm_add_epi32(w0[(g) & 3], k);                                                                  \
        __m128i k1 = _mm_add_epi32(w1[(g) & 3], k);                                                                  \
        s0.cdgh = _mm_sha256rnds2_epu32(s0.cdgh, s0.abef, k0);                                                       \
        s1.cdgh = _mm_sha256rnds2_epu32(s1.cdgh, s1.abef, k1);                                                       \
        s0.abef = _mm_sha256rnds2_epu32(s0.abef, s0.cdgh, _mm_shuffle_epi32(k0, 0x0E));                              \
        s1.abef = _mm_sha256rnds2_epu32(s1.abef, s1.cdgh, _mm_shuffle_epi32(k1, 0x0E));                              \
    } while (0)

/// One block of each of two messages.
SHA_CODE static inline void compress_two(
    state *first, const uint8_t *block0, state *second, const uint8_t *block1) {
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    state s0 = *first, s1 = *second;
    __m128i w0[4], w1[4];
    FOUR_ROUNDS(0); FOUR_ROUNDS(1); FOUR_ROUNDS(2); FOUR_ROUNDS(3);
    FOUR_ROUNDS(4); FOUR_ROUNDS(5); FOUR_ROUNDS(6); FOUR_ROUNDS(7);
    FOUR_ROUNDS(8); FOUR_ROUNDS(9); FOUR_ROUNDS(10); FOUR_ROUNDS(11);
    FOUR_ROUNDS(12); FOUR_ROUNDS(13); FOUR_ROUNDS(14); FOUR_ROUNDS(15);
    first->abef = _mm_add_epi32(first->abef, s0.abef);
    first->cdgh = _mm_add_epi32(first->cdgh, s0.cdgh);
    second->abef = _mm_add_epi32(second->abef, s1.abef);
    second->cdgh = _mm_add_epi32(second->cdgh, s1.cdgh);
}

/// A message that is being hashed. Whole blocks within its data are taken where they lie; the first one, which the
/// prefix shifts, and the last ones with their padding are put together in `block`.
typedef struct {
    state sum;
    const uint8_t *data;
    size_t size;      // of the data
    size_t shift;     // 1 with a prefix, otherwise 0
    size_t at;        // of the next block in prefix, data and padding
    size_t end;       // where the padding ends
    uint8_t *out;
    uint8_t prefix;
    uint8_t block[64];
} message;

static inline void begin(message *m, int prefix, const void *data, size_t size, uint8_t *out) {
    m->sum = initial_state();
    m->data = data;
    m->size = size;
    m->shift = prefix >= 0;
    m->prefix = (uint8_t)prefix;
    m->at = 0;
    m->end = (size + m->shift + 9 + 63) & ~(size_t)63;
    m->out = out;
}

static inline const uint8_t *next_block(message *m) {
    size_t at = m->at, total = m->size + m->shift;
    m->at = at + 64;
    if (at + 64 <= total && at >= m->shift) return m->data + (at - m->shift);
    size_t filled = 0;
    if (at < total) {
        size_t from = at;
        if (at == 0 && m->shift) {
            m->block[0] = m->prefix;
            filled = 1;
            from = 1;
        }
        size_t left = total - from, room = 64 - filled, count = left < room ? left : room;
        // No message has data without an address where it has data.
        if (count > 0) memcpy(m->block + filled, m->data + (from - m->shift), count);
        filled += count;
        if (filled == 64) return m->block;
    }
    memset(m->block + filled, 0, 64 - filled);
    if (at + filled == total) m->block[filled] = 0x80;
    if (m->at == m->end) {
        uint64_t bits = __builtin_bswap64((uint64_t)total * 8);
        memcpy(m->block + 56, &bits, 8);
    }
    return m->block;
}

SHA_CODE void hf_sha256_many(int prefix, const void *const *data, const size_t *sizes, size_t count, uint8_t *out) {
    if (count == 0) return;
    // With one message left, or only one, the second place hashes it too and nobody looks.
    message first, second;
    size_t next = 0;
    begin(&first, prefix, data[0], sizes[0], out);
    next = 1;
    uint8_t ignored[32];
    int has_second = next < count;
    begin(&second, prefix, data[has_second ? 1 : 0], sizes[has_second ? 1 : 0], has_second ? out + 32 : ignored);
    next += (size_t)has_second;
    size_t running = 1 + (size_t)has_second;
    while (1) {
        const uint8_t *block0 = next_block(&first);
        const uint8_t *block1 = next_block(&second);
        compress_two(&first.sum, block0, &second.sum, block1);
        if (first.at == first.end) {
            store_digest(&first.sum, first.out);
            if (first.out != ignored) running--;
            size_t index = next < count ? next : 0;
            begin(&first, prefix, data[index], sizes[index], next < count ? out + 32 * next : ignored);
            if (next < count) next++, running++;
        }
        if (second.at == second.end) {
            store_digest(&second.sum, second.out);
            if (second.out != ignored) running--;
            size_t index = next < count ? next : 0;
            begin(&second, prefix, data[index], sizes[index], next < count ? out + 32 * next : ignored);
            if (next < count) next++, running++;
        }
        if (running == 0) return;
    }
}

SHA_CODE void hf_sha256_pairs(uint8_t prefix, const uint8_t *pairs, size_t count, uint8_t *out) {
    // 65 bytes are two blocks; of the second only the first byte differs: the last of the pair, then 0x80, then the
    // length in bits, 520.
    uint8_t blocks[4][64] = {{0}};
    blocks[1][1] = blocks[3][1] = 0x80;
    blocks[1][62] = blocks[3][62] = 0x02;
    blocks[1][63] = blocks[3][63] = 0x08;
    blocks[0][0] = blocks[2][0] = prefix;
    for (size_t i = 0; i < count; i += 2) {
        const uint8_t *a = pairs + 64 * i;
        const uint8_t *b = i + 1 < count ? a + 64 : a;
        memcpy(blocks[0] + 1, a, 63);
        memcpy(blocks[2] + 1, b, 63);
        blocks[1][0] = a[63];
        blocks[3][0] = b[63];
        state first = initial_state(), second = initial_state();
        compress_two(&first, blocks[0], &second, blocks[2]);
        compress_two(&first, blocks[1], &second, blocks[3]);
        store_digest(&first, out + 32 * i);
        if (i + 1 < count) store_digest(&second, out + 32 * (i + 1));
    }
}
#else
int hf_sha256_is_interleaved(void) { return 0; }
void hf_sha256_many(int prefix, const void *const *data, const size_t *sizes, size_t count, uint8_t *out) {
    __builtin_trap();
}
void hf_sha256_pairs(uint8_t prefix, const uint8_t *pairs, size_t count, uint8_t *out) { __builtin_trap(); }
#endif
