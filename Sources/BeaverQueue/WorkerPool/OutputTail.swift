/// The last bytes of a run's output, in constant memory.
struct OutputTail {
    static let capacityBytes = 2_048

    private var ring: [UInt8] = []
    /// Where the oldest byte is, once the ring is full.
    private var next = 0

    mutating func append(_ bytes: Span<UInt8>) {
        for index in max(0, bytes.count - Self.capacityBytes)..<bytes.count {
            if self.ring.count < Self.capacityBytes {
                self.ring.append(bytes[index])
            } else {
                self.ring[self.next] = bytes[index]
                self.next = (self.next + 1) % Self.capacityBytes
            }
        }
    }

    /// Whether what comes next begins a line.
    var endsLine: Bool {
        guard !self.ring.isEmpty else { return true }
        let last = self.ring.count < Self.capacityBytes || self.next == 0 ? self.ring.count - 1 : self.next - 1
        return self.ring[last] == UInt8(ascii: "\n")
    }

    /// Oldest first.
    var bytes: [UInt8] { Array(self.ring[self.next...] + self.ring[..<self.next]) }
}
