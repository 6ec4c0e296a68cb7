import BeaverConsole
import Testing

@Suite struct FrameMeterTests {
    @Test func theReportTellsWorkFromWaiting() {
        var meter = FrameMeter()
        #expect(meter.report == "no frame was drawn")
        for _ in 0..<99 { meter.note(FrameMeter.Frame(whole: 1_000_000, worked: 900_000, queued: 0)) }
        meter.note(FrameMeter.Frame(whole: 6_900_000, worked: 1_200_000, queued: 5_600_000))
        #expect(
            meter.report == "100 frames: p50 1.0 ms, p99 6.9 ms, at most 6.9 ms; "
                + "of that its own work: p50 0.9 ms, p99 1.2 ms, at most 1.2 ms; "
                + "the longest: 1.2 ms of work, 5.6 ms in line for a processor, 0.1 ms of other waits"
        )
    }

    /// A console may live for weeks: neither its memory nor the sorting at its end grows, and the longest is not forgotten.
    @Test func theLongestFrameIsKeptForAsLongAsItRuns() {
        var meter = FrameMeter()
        meter.note(FrameMeter.Frame(whole: 9_000_000, worked: 0, queued: 0))
        for _ in 0..<50_000 { meter.note(FrameMeter.Frame(whole: 1_000_000, worked: 0, queued: 0)) }
        #expect(meter.report.contains("at most 9.0 ms"))
        #expect((Int(meter.report.prefix { $0 != " " }) ?? .max) <= 10_000)
    }
}
