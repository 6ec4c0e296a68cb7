internal import BeaverQueue

/// One state in the row of counts.
struct Term: Equatable {
    var name: String
    /// Where the name has no room.
    var short: String
    var count: Int
    var style: Style

    init(_ name: String, _ short: String, _ count: Int, _ style: Style = .plain) {
        self.name = name
        self.short = short
        self.count = count
        self.style = style
    }
}

/// The row of counts in as much detail as fits: a figure is whole or not there.
struct Books {
    private(set) var terms: [Term]
    private(set) var gap: String
    /// The sum, at the right edge; empty where it has no room.
    private(set) var right: String
    private var isShort = false
    private let isUnknown: Bool

    init(_ terms: [Term], total: String, isUnknown: Bool, width: Int) {
        self.terms = terms
        self.isUnknown = isUnknown
        self.gap = width >= 118 ? " + " : "  "
        self.right = width >= 118 && !isUnknown ? "= \(total) accepted   balanced " : "= \(total) accepted "
        if self.fits(width) { return }
        self.gap = "  "
        if self.fits(width) { return }
        self.right = "= \(total) "
        if self.fits(width) { return }
        self.isShort = true
        if self.fits(width) { return }
        self.gap = " "
        if self.fits(width) { return }
        self.merge()
        if self.fits(width) { return }
        self.right = ""
        for name in ["Parked", "Gone", "Done", "Scheduled", "Running", "Dead"] {
            if self.fits(width) { return }
            self.terms.removeAll { $0.name == name }
        }
    }

    /// What is no longer there, in one figure.
    private mutating func merge() {
        let names = ["Cancelled", "Purged", "Forgotten"]
        let gone = self.terms.filter { names.contains($0.name) }.reduce(0) { $0 + $1.count }
        self.terms.removeAll { names.contains($0.name) }
        if gone > 0 { self.terms.append(Term("Gone", "gone", gone)) }
    }

    func text(_ term: Term) -> String {
        let count = self.isUnknown ? "-" : Figures.grouped(term.count)
        return self.isShort ? "\(count) \(term.short)" : "\(term.name) \(count)"
    }

    private func fits(_ width: Int) -> Bool {
        let texts = self.terms.map { self.text($0) }.joined(separator: self.gap)
        return 1 + TextWidth.of(texts) + (self.right.isEmpty ? 0 : 1 + TextWidth.of(self.right)) <= width
    }
}
