/// Decides which bytes of an output of any size are kept within a limit: the first half, and the last.
///
/// The first half goes to the output file as it comes. What follows goes round and round in a second file of the other
/// half's size, until the end is known.
struct OutputLayout: Equatable {
    /// A part of what was just read, and where it belongs.
    struct Piece: Equatable {
        /// Of the bytes just read.
        var source: Range<Int>
        var isHead: Bool
        /// In the file of the first half, or in the other.
        var offset: Int64
    }

    let headLimitBytes: Int64
    let ringLimitBytes: Int64
    private(set) var totalBytes: Int64 = 0

    init(limitBytes: Int64) {
        self.headLimitBytes = max(0, limitBytes / 2)
        self.ringLimitBytes = max(0, limitBytes - self.headLimitBytes)
    }

    var headBytes: Int64 { min(self.totalBytes, self.headLimitBytes) }
    var droppedBytes: Int64 { max(0, self.totalBytes - self.headLimitBytes - self.ringLimitBytes) }

    /// Takes the next `count` bytes.
    ///
    /// Later pieces may overwrite earlier ones and must be written in this order.
    mutating func place(_ count: Int) -> [Piece] {
        var pieces: [Piece] = []
        var taken = 0
        if self.totalBytes < self.headLimitBytes, count > 0 {
            taken = Int(min(Int64(count), self.headLimitBytes - self.totalBytes))
            pieces.append(Piece(source: 0..<taken, isHead: true, offset: self.totalBytes))
        }
        if self.ringLimitBytes > 0 {
            // Only the last round can survive.
            taken = max(taken, count - Int(clamping: self.ringLimitBytes))
            while taken < count {
                let position = (self.totalBytes + Int64(taken) - self.headLimitBytes) % self.ringLimitBytes
                let fitting = Int(min(Int64(count - taken), self.ringLimitBytes - position))
                pieces.append(Piece(source: taken..<taken + fitting, isHead: false, offset: position))
                taken += fitting
            }
        }
        self.totalBytes += Int64(count)
        return pieces
    }

    /// The parts of the second file, oldest first.
    var ringRanges: [Range<Int64>] {
        let filled = max(0, self.totalBytes - self.headLimitBytes)
        if filled == 0 || self.ringLimitBytes == 0 { return [] }
        if filled <= self.ringLimitBytes { return [0..<filled] }
        let oldest = filled % self.ringLimitBytes
        return oldest == 0 ? [0..<self.ringLimitBytes] : [oldest..<self.ringLimitBytes, 0..<oldest]
    }

    /// The line between the halves; empty if nothing is missing there.
    var note: String {
        self.droppedBytes == 0 ? "" : "\n[beaver-tui: \(self.droppedBytes) bytes of output were not kept here]\n"
    }
}
