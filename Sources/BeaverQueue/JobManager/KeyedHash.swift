/// SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, "SipHash: a fast short-input PRF").
///
/// Ids are known to the engine by this hash under a key that is random for each store. Two ids collide with a chance of
/// about 2^-128 for each pair, also when someone chooses ids on purpose, because the key is never shown.
package struct KeyedHash: Sendable, Equatable {
    package let key0: UInt64
    package let key1: UInt64

    package init(key0: UInt64, key1: UInt64) {
        self.key0 = key0
        self.key1 = key1
    }

    package func callAsFunction(_ bytes: RawSpan) -> JobFingerprint {
        var state = SipState(key0: self.key0, key1: self.key1)
        let count = bytes.byteCount
        var offset = 0
        while offset + 8 <= count {
            state.absorb(bytes.load(UInt64.self, at: offset))
            offset += 8
        }
        var last = UInt64(truncatingIfNeeded: count) << 56
        var shift: UInt64 = 0
        while offset < count {
            last |= UInt64(bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)) << shift
            shift += 8
            offset += 1
        }
        state.absorb(last)
        return state.finish()
    }

    package func callAsFunction(_ text: String) -> JobFingerprint {
        let bytes = Array(text.utf8)
        return self(bytes.span.bytes)
    }
}

/// The 128-bit keyed hash of a job's id.
package struct JobFingerprint: Sendable, Hashable, BitwiseCopyable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

private struct SipState {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64

    init(key0: UInt64, key1: UInt64) {
        self.v0 = key0 ^ 0x736f_6d65_7073_6575
        self.v1 = key1 ^ 0x646f_7261_6e64_6f6d ^ 0xee
        self.v2 = key0 ^ 0x6c79_6765_6e65_7261
        self.v3 = key1 ^ 0x7465_6462_7974_6573
    }

    @inline(__always)
    private mutating func round() {
        self.v0 &+= self.v1
        self.v1 = (self.v1 << 13 | self.v1 >> 51) ^ self.v0
        self.v0 = self.v0 << 32 | self.v0 >> 32
        self.v2 &+= self.v3
        self.v3 = (self.v3 << 16 | self.v3 >> 48) ^ self.v2
        self.v0 &+= self.v3
        self.v3 = (self.v3 << 21 | self.v3 >> 43) ^ self.v0
        self.v2 &+= self.v1
        self.v1 = (self.v1 << 17 | self.v1 >> 47) ^ self.v2
        self.v2 = self.v2 << 32 | self.v2 >> 32
    }

    @inline(__always)
    mutating func absorb(_ word: UInt64) {
        self.v3 ^= word
        self.round()
        self.round()
        self.v0 ^= word
    }

    mutating func finish() -> JobFingerprint {
        self.v2 ^= 0xee
        for _ in 0..<4 { self.round() }
        let low = self.v0 ^ self.v1 ^ self.v2 ^ self.v3
        self.v1 ^= 0xdd
        for _ in 0..<4 { self.round() }
        return JobFingerprint(high: self.v0 ^ self.v1 ^ self.v2 ^ self.v3, low: low)
    }
}
