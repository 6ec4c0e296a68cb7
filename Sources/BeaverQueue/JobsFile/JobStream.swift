/// Reads jobs from input that comes in pieces, whatever their form.
package protocol JobStream: Sendable {
    /// Jobs read and not yet taken.
    var jobs: [NewJob] { get set }
    /// What was wrong so far.
    var faultList: JobsFaultList { get }
    /// Where the text that is in no job stands in the input, in its order, for whoever wants to keep it.
    var refused: RefusedText { get set }
    /// Reads the next piece.
    mutating func feed(_ bytes: Span<UInt8>)
    /// The input is complete.
    mutating func finish()
}

extension JobStream {
    /// The first faults, in their order.
    package var faults: [JobsFault] { self.faultList.faults }
    /// All faults so far.
    package var faultCount: Int { self.faultList.count }

    /// The jobs read since the last call.
    package mutating func takeJobs() -> [NewJob] {
        var taken: [NewJob] = []
        swap(&taken, &self.jobs)
        return taken
    }

    /// The places of refused text found since the last call; what goes on behind them adjoins them.
    package mutating func takeRefused() -> [Range<Int64>] { self.refused.take() }

    package mutating func feed(_ bytes: [UInt8]) { self.feed(bytes.span) }
}
