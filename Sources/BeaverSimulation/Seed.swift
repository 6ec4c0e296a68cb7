/// The one source of chance in a simulation: the same seed gives the same numbers on every machine and Swift version.
///
/// It never uses the standard library's `random(in:using:)` or `shuffled(using:)`, whose algorithms may change with a
/// compiler: a failing seed that someone wrote down must fail again years later. A *stream* is derived from the seed's
/// value and a name, not from how many numbers were drawn, so that one more draw in one place changes nothing elsewhere.
package struct Seed: RandomNumberGenerator, Sendable {
    /// What this seed was made from; printed on failure, and the root of its streams.
    package let value: UInt64
    private var state: (UInt64, UInt64, UInt64, UInt64)

    package init(_ value: UInt64) {
        self.value = value
        var splitMix = SplitMix64(state: value)
        self.state = (splitMix.next(), splitMix.next(), splitMix.next(), splitMix.next())
    }

    /// An independent seed for one purpose; `index` tells apart many of the same purpose.
    package func stream(_ name: String, _ index: UInt64 = 0) -> Seed {
        var splitMix = SplitMix64(state: self.value ^ hash(name))
        let named = splitMix.next()
        splitMix = SplitMix64(state: named ^ (index &* 0xD6E8_FEB8_6659_FD93))
        return Seed(splitMix.next())
    }

    /// xoshiro256**, by Blackman and Vigna.
    package mutating func next() -> UInt64 {
        let result = rotateLeft(self.state.1 &* 5, by: 7) &* 9
        let shifted = self.state.1 << 17
        self.state.2 ^= self.state.0
        self.state.3 ^= self.state.1
        self.state.1 ^= self.state.2
        self.state.0 ^= self.state.3
        self.state.2 ^= shifted
        self.state.3 = rotateLeft(self.state.3, by: 45)
        return result
    }

    /// True in `numerator` of `denominator` cases.
    package mutating func chance(_ numerator: Int, in denominator: Int) -> Bool {
        self.below(denominator) < numerator
    }

    /// A number from 0 up to, not including, `limit`; 0 if there is none.
    ///
    /// The high half of a product favours some numbers by less than `limit` / 2^64, which no simulation can notice.
    package mutating func below(_ limit: Int) -> Int {
        guard limit > 1 else { return 0 }
        return Int(self.next().multipliedFullWidth(by: UInt64(limit)).high)
    }

    package mutating func range(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + self.below(range.upperBound - range.lowerBound + 1)
    }

    /// One of the elements; nil if there are none.
    package mutating func pick<Elements: RandomAccessCollection>(_ elements: Elements) -> Elements.Element? {
        guard !elements.isEmpty else { return nil }
        return elements[elements.index(elements.startIndex, offsetBy: self.below(elements.count))]
    }

    /// Fisher and Yates, from the end.
    package mutating func shuffle<Element>(_ elements: inout [Element]) {
        for last in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(last, self.below(last + 1))
        }
    }

    package mutating func bytes(_ count: Int) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        var bits: UInt64 = 0
        for index in 0..<count {
            if index % 8 == 0 { bits = self.next() }
            result.append(UInt8(truncatingIfNeeded: bits))
            bits >>= 8
        }
        return result
    }
}

/// Spreads one number over the state of a better generator, as the authors of xoshiro advise.
private struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

private func rotateLeft(_ value: UInt64, by count: UInt64) -> UInt64 {
    (value << count) | (value >> (64 - count))
}

/// FNV-1a: `Hasher` gives other values in each process.
private func hash(_ name: String) -> UInt64 {
    var result: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.utf8 {
        result = (result ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
    return result
}
