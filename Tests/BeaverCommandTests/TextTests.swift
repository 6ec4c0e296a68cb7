import BeaverQueue
import BeaverTestSupport
import Foundation
import Testing

@testable import beaver_tui

/// What people read in a terminal.
@Suite struct TextTests {
    @Test("ids and times are whole for as long as there is text to cut")
    func tableKeepsNames() {
        var table = Table([
            Table.Column(heading: "ID", isWhole: true), Table.Column(heading: "ERROR"), Table.Column(heading: "WORK"),
        ])
        table.add(["commands-1234", "exit 1: no such file or directory", "cat a-long-path-to-a-file"])
        #expect(table.lines(width: 50).last == "commands-1234  exit 1: no such…  cat a-long-path-…")
        #expect(table.lines(width: 20).last?.hasPrefix("comma") == true)
        #expect(
            table.lines(width: nil).last
                == "commands-1234  exit 1: no such file or directory  cat a-long-path-to-a-file"
        )
    }

    @Test("what a job wrote is shown and not obeyed, and no character is torn between two pieces")
    func visibleOutput() {
        var stream = VisibleStream()
        let bytes = Array("a\u{1b}[2J\tb\né漢😀".utf8)
        for cut in 0...bytes.count {
            let text =
                stream.text(Array(bytes[..<cut]), isLast: false) + stream.text(Array(bytes[cut...]), isLast: true)
            #expect(text == "a␛[2J\tb\né漢😀")
        }
        #expect(stream.text([0x61, 0xe6, 0xbc], isLast: false) == "a")
        #expect(stream.text([], isLast: true) == "\u{fffd}")
    }

    @Test("all of a text arrives, also where the other end makes who writes wait", .timeLimit(.minutes(1)))
    func slowReader() async throws {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        // As another program leaves a terminal that both have open.
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let count = 1 << 20
        async let read = onOwnThread { pipe.fileHandleForReading.readData(ofLength: count).count }
        let failed = try await onOwnThread { Output.write(String(repeating: "a", count: count), to: descriptor) }
        try pipe.fileHandleForWriting.close()
        #expect(failed == 0)
        #expect(try await read == count)
    }

    @Test("what cannot be written is said")
    func fullDisk() throws {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(full) }
        #expect(Output.write("a", to: full) == ENOSPC)
    }

    @Test("a shell line is shown as it was written, another command as it would be typed")
    func pastableCommand() {
        var job = JobDetails.sample(arguments: ["/bin/sh", "-c", "echo 'a b' >c"])
        #expect(JobText.rows(job).contains { $0 == ("command", "echo 'a b' >c") })
        #expect(!JobText.rows(job).contains { $0.0 == "payload" })
        job = .sample(arguments: ["convert", "my photo.jpg", "it's.png"])
        #expect(JobText.rows(job).contains { $0 == ("command", #"convert 'my photo.jpg' 'it'\''s.png'"#) })
    }

    @Test("columns for a log of jobs: when it began, how long it took, how it ended")
    func jobLogColumns() {
        var job = JobDetails.sample(arguments: []).summary
        (job.startedAt, job.time, job.exitStatus) = (1_000, 3_045, 7)
        #expect(JobColumn.took.text(job, isShort: false) == "2.045")
        #expect(JobColumn.exit.text(job, isShort: false) == "7")
        #expect(JobColumn.started.text(job, isShort: false) != "-")
        job.startedAt = nil
        #expect(JobColumn.took.text(job, isShort: false) == "-")
    }

    @Test("status names the run that takes longest, the kinds of failure, and the room on the disk")
    func statusForAnOperator() {
        var view = QueueView(status: QueueStatus())
        var job = JobDetails.sample(arguments: []).summary
        (job.state, job.time) = (.inFlight, PeopleText.now() - 90_000)
        view.panes = [QueueView.Pane(rows: [job], position: 0, isAnchorGone: false)]
        view.freeDiskBytes = 5 << 20
        view.deadGroups = (1...3).map { number in
            FailureGroup(
                action: "exec",
                ending: "exit \(number)",
                error: "exit #: no",
                dead: 200,
                waiting: 0,
                firstAt: 0,
                lastAt: 0,
                examples: [],
                filter: JobFilter()
            )
        }
        let lines = StatusText.lines(view, palette: Palette(.never), width: nil)
        #expect(
            lines.contains { $0.hasPrefix("workers") && $0.contains(", the longest for 1m 3") && $0.hasSuffix(": a") }
        )
        #expect(lines.contains("dead       200 of exec: exit 1: no"))
        #expect(lines.contains { $0.hasPrefix("dead       more kinds") })
        #expect(lines.contains("disk       5.0 MiB free"))
    }
}
