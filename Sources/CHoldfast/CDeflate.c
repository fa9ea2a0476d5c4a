#include "CDeflate.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// Structures of isa-l are needed to call it; where its header is missing at build time, it counts as not there.
#if defined(__has_include)
#if __has_include(<isa-l/igzip_lib.h>)
#define HF_HAS_ISAL 1
#include <isa-l/igzip_lib.h>
#endif
#endif

#ifdef HF_HAS_ISAL
static struct {
    void (*deflate_init)(struct isal_zstream *);
    int (*deflate)(struct isal_zstream *);
    void (*inflate_init)(struct inflate_state *);
    int (*inflate)(struct inflate_state *);
    int is_there;
} isal;

static void find_isal(void) {
    void *library = dlopen("libisal.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    *(void **)&isal.deflate_init = dlsym(library, "isal_deflate_stateless_init");
    *(void **)&isal.deflate = dlsym(library, "isal_deflate_stateless");
    *(void **)&isal.inflate_init = dlsym(library, "isal_inflate_init");
    *(void **)&isal.inflate = dlsym(library, "isal_inflate_stateless");
    isal.is_there = isal.deflate_init && isal.deflate && isal.inflate_init && isal.inflate;
}

int hf_isal_is_there(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_isal);
    return isal.is_there;
}

size_t hf_isal_scratch_bytes(void) { return ISAL_DEF_LVL1_DEFAULT; }

size_t hf_isal_gzip(const void *input, size_t size, void *output, size_t room, void *scratch) {
    if (!hf_isal_is_there() || size > UINT32_MAX || room > UINT32_MAX) return 0;
    struct isal_zstream stream;
    isal.deflate_init(&stream);
    stream.level = 1;
    stream.level_buf = scratch;
    stream.level_buf_size = ISAL_DEF_LVL1_DEFAULT;
    stream.gzip_flag = IGZIP_GZIP;
    stream.end_of_stream = 1;
    stream.flush = NO_FLUSH;
    stream.next_in = (uint8_t *)input;
    stream.avail_in = (uint32_t)size;
    stream.next_out = output;
    stream.avail_out = (uint32_t)room;
    if (isal.deflate(&stream) != COMP_OK || stream.avail_in != 0) return 0;
    return stream.total_out;
}

int hf_isal_gunzip(const void *input, size_t size, void *output, size_t expected) {
    if (!hf_isal_is_there() || size > UINT32_MAX || expected > UINT32_MAX) return 0;
    struct inflate_state state;
    isal.inflate_init(&state);
    state.crc_flag = ISAL_GZIP;
    state.next_in = (uint8_t *)input;
    state.avail_in = (uint32_t)size;
    state.next_out = output;
    state.avail_out = (uint32_t)expected;
    // It looks for the trailer only when the output has room left or is used up exactly, and says so by ISAL_DECOMP_OK.
    if (isal.inflate(&state) != ISAL_DECOMP_OK) return 0;
    return state.block_state == ISAL_BLOCK_FINISH && state.avail_in == 0 && state.total_out == expected;
}
#else
int hf_isal_is_there(void) { return 0; }
size_t hf_isal_scratch_bytes(void) { return 1; }
size_t hf_isal_gzip(const void *input, size_t size, void *output, size_t room, void *scratch) {
    (void)input, (void)size, (void)output, (void)room, (void)scratch;
    return 0;
}
int hf_isal_gunzip(const void *input, size_t size, void *output, size_t expected) {
    (void)input, (void)size, (void)output, (void)expected;
    return 0;
}
#endif

// libdeflate's functions take and give only pointers and sizes, so its header isn't needed.
static struct {
    void *(*new_compressor)(int);
    void *(*new_decompressor)(void);
    void (*free_compressor)(void *);
    void (*free_decompressor)(void *);
    size_t (*compress)(void *, const void *, size_t, void *, size_t);
    int (*decompress)(void *, const void *, size_t, void *, size_t, size_t *, size_t *);
    int is_there;
} deflate;

static void find_libdeflate(void) {
    void *library = dlopen("libdeflate.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    *(void **)&deflate.new_compressor = dlsym(library, "libdeflate_alloc_compressor");
    *(void **)&deflate.new_decompressor = dlsym(library, "libdeflate_alloc_decompressor");
    *(void **)&deflate.free_compressor = dlsym(library, "libdeflate_free_compressor");
    *(void **)&deflate.free_decompressor = dlsym(library, "libdeflate_free_decompressor");
    *(void **)&deflate.compress = dlsym(library, "libdeflate_gzip_compress");
    *(void **)&deflate.decompress = dlsym(library, "libdeflate_gzip_decompress_ex");
    deflate.is_there = deflate.new_compressor && deflate.new_decompressor && deflate.free_compressor &&
                       deflate.free_decompressor && deflate.compress && deflate.decompress;
}

int hf_libdeflate_is_there(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_libdeflate);
    return deflate.is_there;
}

void *hf_libdeflate_compressor(int level) {
    return hf_libdeflate_is_there() ? deflate.new_compressor(level) : NULL;
}

void *hf_libdeflate_decompressor(void) { return hf_libdeflate_is_there() ? deflate.new_decompressor() : NULL; }

void hf_libdeflate_free(void *compressor, void *decompressor) {
    if (compressor) deflate.free_compressor(compressor);
    if (decompressor) deflate.free_decompressor(decompressor);
}

size_t hf_libdeflate_gzip(void *compressor, const void *input, size_t size, void *output, size_t room) {
    return deflate.compress(compressor, input, size, output, room);
}

int hf_libdeflate_gunzip(void *decompressor, const void *input, size_t size, void *output, size_t expected) {
    size_t consumed = 0, produced = 0;
    if (deflate.decompress(decompressor, input, size, output, expected, &consumed, &produced) != 0) return 0;
    return consumed == size && produced == expected;
}
