#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// One program that runs, or whose remains are being cleared away.
///
/// Belongs to the thread of its loop.
final class ProcessRun {
    let launch: ProcessLaunch
    let group: ProcessGroup
    let ended: @Sendable (RunResult) -> Void
    let startedNanoseconds: Int64
    /// The reading end of standard output and error; nil once nobody writes any more.
    private(set) var outputDescriptor: Int32?
    private let watched: PollSet
    private let output: OutputFile
    private var tail = OutputTail()
    /// Set when the leader has ended and was reaped: then its id and pidfd stand for nothing any more.
    var end: ProcessEnd?
    /// Processes of the run found outside of its group, killed, and held until they are gone.
    var survivors: [Int32] = []
    /// How often the remains were looked at.
    var lookCount = 0

    init(
        launch: ProcessLaunch,
        group: ProcessGroup,
        outputDescriptor: Int32,
        watchedBy watched: PollSet,
        startedNanoseconds: Int64,
        ended: @escaping @Sendable (RunResult) -> Void
    ) {
        self.launch = launch
        self.group = group
        self.outputDescriptor = outputDescriptor
        self.watched = watched
        self.startedNanoseconds = startedNanoseconds
        self.ended = ended
        self.output = OutputFile(
            outputDirectory: launch.outputDirectory,
            enqueueSequence: launch.enqueueSequence,
            token: launch.token,
            limitBytes: launch.outputMaxBytes
        )
    }

    /// Takes what the pipe holds, but no more than `limitBytes` and a buffer: a flood must not starve the other runs.
    func readOutput(_ buffer: inout [UInt8], limitBytes: Int) {
        guard let descriptor = self.outputDescriptor else { return }
        var taken = 0
        while taken < limitBytes {
            let count: Int
            do throws(SystemCall.Failure) {
                count = try SystemCall.retrying {
                    buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
                }
            } catch {
                if error.number == EAGAIN { return }
                return self.closeOutput()
            }
            if count == 0 { return self.closeOutput() }
            let bytes = buffer.span.extracting(first: count)
            self.output.append(bytes)
            self.tail.append(bytes)
            taken += count
        }
    }

    /// Says among its output what it is told, so that a reader sees what came before and what after.
    func note(_ how: StopKind, _ reason: StopReason, bootNanoseconds: Int64) {
        let nanoseconds = max(0, bootNanoseconds - self.startedNanoseconds)
        let text = StopNote.text(how, reason, afterMilliseconds: nanoseconds / 1_000_000)
        let bytes = Array(((self.tail.endsLine ? "" : "\n") + text + "\n").utf8)
        self.output.append(bytes.span)
        // Also there: the end of the file and this are compared.
        self.tail.append(bytes.span)
    }

    /// Closes what is still open and says how the run ended.
    func finish() -> RunResult {
        self.closeOutput()
        self.output.close()
        return RunResult.of(
            self.end ?? .unknown,
            okExitStatuses: self.launch.okExitStatuses,
            outputTail: self.tail.bytes
        )
    }

    private func closeOutput() {
        if let outputDescriptor { self.watched.close(outputDescriptor) }
        self.outputDescriptor = nil
    }
}
