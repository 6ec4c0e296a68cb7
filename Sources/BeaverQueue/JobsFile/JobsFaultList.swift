/// The first faults and the number of all of them, with the place that the reading has reached.
///
/// Lines are counted only when a place is needed or bytes are about to be given up, so that a good file pays for them in
/// large steps.
package struct JobsFaultList: Sendable {
    private(set) var faults: [JobsFault] = []
    private(set) var count = 0
    private let lineEnd: UInt8
    private var position = TextPosition()
    /// Offset in the current window that `position` stands for.
    private var offset = 0

    /// What ends a line: a line feed, or another byte where that separates the entries.
    init(lineEnd: UInt8 = ASCII.newline) {
        self.lineEnd = lineEnd
    }

    /// Notes a fault at `offset`, which lies in or behind what was not consumed yet.
    mutating func add(entry: Int, at offset: Int, in window: Span<UInt8>, _ message: @autoclosure () -> String) {
        self.count += 1
        guard self.faults.count < JobsFileCheck.maxFaults else { return }
        var place = self.position
        place.advance(over: window, self.offset..<max(offset, self.offset), lineEnd: self.lineEnd)
        self.faults.append(JobsFault(entry: entry, line: place.line, column: place.column, message: message()))
    }

    /// Notes a fault of the input as a whole, at the place reached.
    mutating func addHere(_ message: String) {
        self.count += 1
        guard self.faults.count < JobsFileCheck.maxFaults else { return }
        let place = self.position
        self.faults.append(JobsFault(entry: 0, line: place.line, column: place.column, message: message))
    }

    /// Everything before `offset` is done with; no later fault lies there.
    mutating func pass(to offset: Int, in window: Span<UInt8>) {
        self.position.advance(over: window, self.offset..<max(offset, self.offset), lineEnd: self.lineEnd)
        self.offset = max(offset, self.offset)
    }

    /// The next window begins where the passed part ends.
    mutating func beginWindow() {
        self.offset = 0
    }
}
