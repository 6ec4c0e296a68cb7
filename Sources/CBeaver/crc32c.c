#include "CBeaver.h"

#include <string.h>

// Reflected Castagnoli polynomial, as in iSCSI (RFC 3720) and ext4.
#define POLYNOMIAL 0x82f63b78u

static uint32_t table[8][256];

// Filled before main runs, so that no call needs to check and no two threads race to fill it.
__attribute__((constructor)) static void fill_table(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
        table[0][byte] = crc;
    }
    for (uint32_t byte = 0; byte < 256; byte++)
        for (int slice = 1; slice < 8; slice++)
            table[slice][byte] = (table[slice - 1][byte] >> 8) ^ table[0][table[slice - 1][byte] & 0xff];
}

// Eight bytes a step with eight tables ("slicing-by-8"): for processors without a CRC instruction.
static uint32_t crc_portable(uint32_t crc, const uint8_t *p, size_t length) {
    while (length >= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        word ^= crc;
        crc = table[7][word & 0xff] ^ table[6][(word >> 8) & 0xff] ^ table[5][(word >> 16) & 0xff] ^
              table[4][(word >> 24) & 0xff] ^ table[3][(word >> 32) & 0xff] ^ table[2][(word >> 40) & 0xff] ^
              table[1][(word >> 48) & 0xff] ^ table[0][word >> 56];
        p += 8;
        length -= 8;
    }
    while (length--) crc = (crc >> 8) ^ table[0][(crc ^ *p++) & 0xff];
    return crc;
}

#if defined(__x86_64__)
// The instruction takes three cycles but can begin in each: three lanes of this many bytes are read side by side.
#define LANE 1024

// advanced[n][b]: what the checksum b << 8n becomes behind LANE zero bytes. Checksums are linear: the parts are added up.
static uint32_t advanced[4][256];

__attribute__((target("sse4.2"))) static uint64_t step(uint64_t crc, const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, 8);
    return __builtin_ia32_crc32di(crc, word);
}

__attribute__((target("sse4.2"))) static void fill_advanced(void) {
    for (int bit = 0; bit < 32; bit++) {
        uint64_t crc = 1u << bit;
        for (int word = 0; word < LANE / 8; word++) crc = __builtin_ia32_crc32di(crc, 0);
        uint32_t *row = advanced[bit / 8];
        int lowest = 1 << bit % 8;
        // All values whose highest bit this one is: those below it, with it.
        for (int rest = 0; rest < lowest; rest++) row[lowest + rest] = row[rest] ^ (uint32_t)crc;
    }
}

__attribute__((constructor)) static void fill_advanced_where_used(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("sse4.2")) fill_advanced();
}

static uint64_t advance(uint64_t crc) {
    return advanced[0][crc & 0xff] ^ advanced[1][crc >> 8 & 0xff] ^ advanced[2][crc >> 16 & 0xff] ^
           advanced[3][crc >> 24];
}

__attribute__((target("sse4.2"))) static uint32_t crc_sse42(uint32_t crc, const uint8_t *p, size_t length) {
    uint64_t wide = crc;
    while (length >= 3 * LANE) {
        uint64_t second = 0, third = 0;
        for (const uint8_t *end = p + LANE; p < end; p += 8) {
            wide = step(wide, p);
            second = step(second, p + LANE);
            third = step(third, p + 2 * LANE);
        }
        wide = advance(advance(wide) ^ second) ^ third;
        p += 2 * LANE;
        length -= 3 * LANE;
    }
    while (length >= 8) {
        wide = step(wide, p);
        p += 8;
        length -= 8;
    }
    crc = (uint32_t)wide;
    while (length--) crc = __builtin_ia32_crc32qi(crc, *p++);
    return crc;
}
#endif

uint32_t cbeaver_crc32c(uint32_t seed, const void *bytes, size_t length) {
    uint32_t crc = ~seed;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return ~crc_sse42(crc, bytes, length);
#endif
    return ~crc_portable(crc, bytes, length);
}
