internal import BeaverQueue

/// A long text of a job, broken into the lines of its part of the screen.
///
/// It may be a MiB, so that it is laid out when the text or the width changes, not for each frame.
package struct LaidOutText: Sendable, Equatable {
    enum Source: Sendable, Equatable {
        case payload(String)
        /// What a run wrote, as bytes.
        case output([UInt8])
    }

    let source: Source
    let width: Int
    let lines: [String]

    init(_ source: Source, width: Int) {
        self.source = source
        self.width = width
        let whole =
            switch source {
            case .payload(let json): JSONIndent.lines(of: json)
            case .output(let bytes): OutputText.lines(String(decoding: bytes, as: UTF8.self))
            }
        var lines: [String] = []
        lines.reserveCapacity(whole.count)
        for line in whole { TextWidth.chop(line, to: width, into: &lines) }
        self.lines = lines
    }

    /// Quick where it is the same text in memory, which it is while nothing new has come.
    func fits(_ source: Source, width: Int) -> Bool { self.width == width && self.source == source }
}

extension Model {
    /// Lays out the long texts of the job in sight, where they or their width have changed.
    mutating func layOutDetail() {
        guard case .detail(var state) = self.sheet, state.details != nil else { return }
        let parts = DetailParts(self, state)
        var hasChanged = false
        for (part, area) in parts.areas {
            guard let source = parts.longText(of: part) else { continue }
            let width = parts.width(of: area)
            if state.laidOut[part]?.fits(source, width: width) == true { continue }
            state.laidOut[part] = LaidOutText(source, width: width)
            hasChanged = true
        }
        if hasChanged { self.sheet = .detail(state) }
    }
}
