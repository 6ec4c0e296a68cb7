import Testing

@testable import BeaverQueue

/// A line that comes each ten seconds for a night is two lines in the morning.
@Suite("Repeated log lines")
struct RepeatedLinesTests {
    private static func failed(_ number: Int) -> QueueLogLine {
        QueueLogLine(.warning, "snapshot failed: \(number).snap.tmp: no space left")
    }

    @Test("lines that differ by numbers alone are held back, and counted when another one comes")
    func heldBack() {
        var lines = RepeatedLines()
        #expect(lines.lines(Self.failed(1), now: 0) == [Self.failed(1)])
        for number in 2...5 { #expect(lines.lines(Self.failed(number), now: 10_000).isEmpty) }
        let other = QueueLogLine(.info, "stopping")
        let count = QueueLogLine(.info, "the line before came 4 times more")
        #expect(lines.lines(other, now: 20_000) == [count, other])
        // What was said last is what was said: the old kind is news again.
        #expect(lines.lines(Self.failed(6), now: 30_000) == [Self.failed(6)])
    }

    @Test("one that goes on is said again after ten minutes")
    func again() {
        var lines = RepeatedLines()
        _ = lines.lines(Self.failed(1), now: 0)
        #expect(lines.lines(Self.failed(2), now: 599_999).isEmpty)
        #expect(lines.lines(Self.failed(3), now: 600_000).last == Self.failed(3))
    }

    @Test("another level is another line, and one that counts is never held back")
    func neverHeldBack() {
        var lines = RepeatedLines()
        let warning = QueueLogLine(.warning, "1 job died")
        #expect(lines.lines(QueueLogLine(.error, "1 job died"), now: 0).count == 1)
        #expect(lines.lines(warning, now: 0) == [warning])
        #expect(lines.lines(warning, evenIfAlike: true, now: 0) == [warning])
    }
}
