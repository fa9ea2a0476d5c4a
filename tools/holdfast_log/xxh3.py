"""XXH3 with 64 bits of result and seed 0, for 17 bytes and more: written from the specification of xxHash 0.8."""
import struct

SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221b8084674f743248e"
    "e03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8a8fa763fe39c343ff9dcbbc7c70b4f1d"
    "8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc"
    "8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e")
MASK = (1 << 64) - 1
P32 = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)
P64 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)


def u64(data, at):
    return int.from_bytes(data[at:at + 8], "little")


def fold(a, b):
    product = a * b
    return (product ^ product >> 64) & MASK


def avalanche(hash):
    hash = (hash ^ hash >> 37) * 0x165667919E3779F9 & MASK
    return hash ^ hash >> 32


def mix(data, at, secret):
    return fold(u64(data, at) ^ u64(SECRET, secret), u64(data, at + 8) ^ u64(SECRET, secret + 8))


def xxh3(data):
    size = len(data)
    if size <= 128:
        total = size * P64[0]
        for index in range((size - 1) // 32, -1, -1):
            total += mix(data, 16 * index, 32 * index) + mix(data, size - 16 * (index + 1), 32 * index + 16)
        return avalanche(total & MASK)
    if size <= 240:
        total = avalanche((size * P64[0] + sum(mix(data, 16 * i, 16 * i) for i in range(8))) & MASK)
        total += sum(mix(data, 16 * i, 16 * (i - 8) + 3) for i in range(8, size // 16))
        return avalanche((total + mix(data, size - 16, 136 - 17)) & MASK)
    return long(data)


def long(data):
    sums = [P32[2], P64[0], P64[1], P64[2], P64[3], P32[1], P64[4], P32[0]]

    def accumulate(at, secret):
        for lane in range(8):
            value = u64(data, at + 8 * lane)
            key = value ^ u64(SECRET, secret + 8 * lane)
            sums[lane ^ 1] = sums[lane ^ 1] + value & MASK
            sums[lane] = sums[lane] + (key & 0xFFFFFFFF) * (key >> 32) & MASK

    blocks = (len(data) - 1) // 1024
    for block in range(blocks):
        for stripe in range(16):
            accumulate(1024 * block + 64 * stripe, 8 * stripe)
        for lane in range(8):
            sums[lane] = (sums[lane] ^ sums[lane] >> 47 ^ u64(SECRET, 128 + 8 * lane)) * P32[0] & MASK
    for stripe in range((len(data) - 1 - 1024 * blocks) // 64):
        accumulate(1024 * blocks + 64 * stripe, 8 * stripe)
    accumulate(len(data) - 64, 192 - 64 - 7)
    total = len(data) * P64[0]
    for pair in range(4):
        total += fold(sums[2 * pair] ^ u64(SECRET, 11 + 16 * pair), sums[2 * pair + 1] ^ u64(SECRET, 19 + 16 * pair))
    return avalanche(total & MASK)
