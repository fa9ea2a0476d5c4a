// Gzip by libraries that may or may not be there when the program runs: Intel's isa-l and libdeflate, found by dlopen.
// zlib, which is always there, is called from Swift.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Whether the library was found and has what is called here. Any thread may ask.
int hf_isal_is_there(void);
int hf_libdeflate_is_there(void);

/// Memory that a compressor needs beside it; allocate it once per thread.
size_t hf_isal_scratch_bytes(void);

/// One whole gzip member. Returns its size, or 0 where it does not fit or the library failed.
size_t hf_isal_gzip(const void *input, size_t size, void *output, size_t room, void *scratch);
/// One whole gzip member back; checks its CRC and that it ends where the input does. Returns 1 when all is well.
int hf_isal_gunzip(const void *input, size_t size, void *output, size_t expected);

/// A compressor of libdeflate at a level, and a decompressor; NULL where there is no memory.
void *hf_libdeflate_compressor(int level);
void *hf_libdeflate_decompressor(void);
void hf_libdeflate_free(void *compressor, void *decompressor);
size_t hf_libdeflate_gzip(void *compressor, const void *input, size_t size, void *output, size_t room);
int hf_libdeflate_gunzip(void *decompressor, const void *input, size_t size, void *output, size_t expected);
