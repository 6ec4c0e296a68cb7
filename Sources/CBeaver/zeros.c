#include "CBeaver.h"

#include <string.h>

size_t cbeaver_zero_prefix(const void *bytes, size_t length) {
    const uint8_t *p = bytes;
    size_t offset = 0;
    for (; offset + 32 <= length; offset += 32) {
        uint64_t words[4];
        memcpy(words, p + offset, 32);
        if (words[0] | words[1] | words[2] | words[3]) break;
    }
    while (offset < length && p[offset] == 0) offset++;
    return offset;
}
