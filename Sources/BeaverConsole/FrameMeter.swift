internal import BeaverQueue

/// What the last frames took, from the event to the last byte sent.
package struct FrameMeter {
    /// One frame, in nanoseconds.
    package struct Frame {
        package var whole: Int64
        /// On a processor.
        package var worked: Int64
        /// Waiting for a processor that others had.
        package var queued: Int64

        package init(whole: Int64, worked: Int64, queued: Int64) {
            self.whole = whole
            self.worked = worked
            self.queued = queued
        }
    }

    private var frames: [Frame] = []

    package init() {}

    package mutating func note(_ frame: Frame) {
        // The longest stays, whenever it was.
        if self.frames.count >= 10_000 {
            let longest = self.longest
            self.frames.removeFirst(5_000)
            if let longest { self.frames.append(longest) }
        }
        self.frames.append(frame)
    }

    private var longest: Frame? { self.frames.max { $0.whole < $1.whole } }

    /// In a sentence.
    package var report: String {
        guard let longest = self.longest else { return "no frame was drawn" }
        func times(_ part: (Frame) -> Int64) -> String {
            let sorted = self.frames.map(part).sorted()
            let last = sorted[sorted.count - 1]
            let p99 = sorted[sorted.count * 99 / 100]
            return "p50 \(Self.text(sorted[sorted.count / 2])), p99 \(Self.text(p99)), at most \(Self.text(last))"
        }
        let rest = longest.whole - longest.worked - longest.queued
        return "\(self.frames.count) frames: \(times(\.whole)); of that its own work: \(times(\.worked)); "
            + "the longest: \(Self.text(longest.worked)) of work, \(Self.text(longest.queued)) in line for a processor, "
            + "\(Self.text(max(0, rest))) of other waits"
    }

    private static func text(_ nanoseconds: Int64) -> String { Figures.tenth(Double(nanoseconds) / 1e6) + " ms" }
}
