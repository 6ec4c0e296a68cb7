/// Reads jobs from input that comes in pieces, whatever their form.
package protocol JobStream: Sendable {
    /// Jobs read and not yet taken.
    var jobs: [NewJob] { get set }
    /// What was wrong so far.
    var faultList: JobsFaultList { get }
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

    package mutating func feed(_ bytes: [UInt8]) { self.feed(bytes.span) }
}
