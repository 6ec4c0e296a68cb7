#ifndef CBEAVER_H
#define CBEAVER_H

#include <stddef.h>
#include <stdint.h>

/// CRC32C (Castagnoli) of `length` bytes, continuing from `seed` (0 to begin). SSE4.2 where the processor has it.
uint32_t cbeaver_crc32c(uint32_t seed, const void *bytes, size_t length);

#endif
