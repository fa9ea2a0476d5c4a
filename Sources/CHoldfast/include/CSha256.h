// SHA-256 of many short messages: the leaves and nodes of a Merkle tree.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Whether this CPU has what `hf_sha256_many` and `hf_sha256_pairs` need. Where it has not, they must not be called.
int hf_sha256_is_interleaved(void);

/// The digests of `count` messages, each the byte `prefix` and then `sizes[i]` bytes at `data[i]`; without a first byte
/// where `prefix` is negative. Two messages are worked on at a time, which takes half as long as one after the other: an
/// instruction of SHA-256 waits for the one before it, and the other message's fills the time.
void hf_sha256_many(int prefix, const void *const *data, const size_t *sizes, size_t count, uint8_t *out);

/// The same for messages of 64 bytes that lie one behind the other: pairs of digests. `out` may be `pairs`.
void hf_sha256_pairs(uint8_t prefix, const uint8_t *pairs, size_t count, uint8_t *out);
