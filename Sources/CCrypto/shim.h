#pragma once
// The one-block calls of SHA-256 are "deprecated" in OpenSSL 3 in favour of EVP, which costs 450 ns more a call: too
// much for the millions of small hashes of a Merkle tree. They use the same instructions.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

/// SHA-256 of one byte, then `size` bytes.
static inline void hf_sha256_prefixed(unsigned char prefix, const void *data, size_t size, void *out) {
    SHA256_CTX state;
    SHA256_Init(&state);
    SHA256_Update(&state, &prefix, 1);
    SHA256_Update(&state, data, size);
    SHA256_Final((unsigned char *)out, &state);
}

/// SHA-256 of one byte and two digests: 65 bytes, in two blocks whose padding never changes.
static inline void hf_sha256_pair(unsigned char prefix, const void *left, const void *right, void *out) {
    unsigned char blocks[128] = {0};
    blocks[0] = prefix;
    memcpy(blocks + 1, left, 32);
    memcpy(blocks + 33, right, 32);
    blocks[65] = 0x80;
    // The length in bits, big-endian: 520.
    blocks[126] = 0x02;
    blocks[127] = 0x08;
    SHA256_CTX state;
    SHA256_Init(&state);
    SHA256_Transform(&state, blocks);
    SHA256_Transform(&state, blocks + 64);
    unsigned char *bytes = (unsigned char *)out;
    for (int word = 0; word < 8; word++) {
        unsigned int value = state.h[word];
        bytes[4 * word] = (unsigned char)(value >> 24);
        bytes[4 * word + 1] = (unsigned char)(value >> 16);
        bytes[4 * word + 2] = (unsigned char)(value >> 8);
        bytes[4 * word + 3] = (unsigned char)value;
    }
}

/// SHA-256 of what comes piece by piece.
typedef SHA256_CTX hf_sha256_state;
static inline void hf_sha256_begin(hf_sha256_state *state) { SHA256_Init(state); }
static inline void hf_sha256_add(hf_sha256_state *state, const void *data, size_t size) {
    SHA256_Update(state, data, size);
}
/// The state can't be used any more afterwards.
static inline void hf_sha256_end(hf_sha256_state *state, void *out) { SHA256_Final((unsigned char *)out, state); }
