/// A 128-bit sum over all jobs and the counters: equal sums mean equal states.
///
/// It is a modular sum of one hash a job, so that a changed job costs one subtraction and one addition, whatever the
/// number of jobs, and the order of jobs does not matter. It guards against mistakes (in replay, in compaction), not
/// against an adversary who writes the files.
package struct StateFingerprint: Sendable, Hashable, CustomStringConvertible {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64 = 0, low: UInt64 = 0) {
        self.high = high
        self.low = low
    }

    @inline(__always)
    package mutating func add(_ other: StateFingerprint) {
        self.high &+= other.high
        self.low &+= other.low
    }

    @inline(__always)
    package mutating func subtract(_ other: StateFingerprint) {
        self.high &-= other.high
        self.low &-= other.low
    }

    package var description: String {
        func hex(_ word: UInt64) -> String {
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        return hex(self.high) + hex(self.low)
    }
}

/// Mixes 64-bit words into a `StateFingerprint`: multiply and fold, as in wyhash.
package struct FingerprintMixer {
    private var first: UInt64
    private var second: UInt64

    @inline(__always)
    package init(domain: UInt64) {
        self.first = domain ^ 0x9e37_79b9_7f4a_7c15
        self.second = domain ^ 0xd1b5_4a32_d192_ed03
    }

    @inline(__always)
    package mutating func mix(_ word: UInt64) {
        let product = (self.first ^ word).multipliedFullWidth(by: 0xa076_1d64_78bd_642f)
        self.first = product.high ^ product.low ^ self.second
        let other = (self.second ^ word).multipliedFullWidth(by: 0xe703_7ed1_a0b4_28db)
        self.second = other.high ^ other.low ^ (word << 32 | word >> 32)
    }

    @inline(__always)
    package func finish() -> StateFingerprint {
        let product = (self.first ^ 0x8ebc_6af0_9c88_c6e3).multipliedFullWidth(by: self.second ^ 0x5899_65cc_7537_4cc3)
        return StateFingerprint(
            high: self.first &+ (product.high ^ product.low),
            low: self.second ^ product.low &* 0x9e37_79b9_7f4a_7c15
        )
    }
}
