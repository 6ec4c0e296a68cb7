/// The records of a log, one after the other, for people and for tools: reads, changes nothing, takes no lock.
package struct Inspection: Sendable {
    /// One record in words.
    package struct Line: Sendable, Equatable, Codable {
        package var sequence: UInt64
        /// Milliseconds since 1970 UTC.
        package var time: Int64
        /// As in the documents: ENQUEUE, DISPATCH, ACK and so on.
        package var event: String
        /// The id where the record or an earlier one in the log holds it, else `#` and the ENQUEUE sequence number.
        package var job: String?
        /// The rest, `name=value`.
        package var details: String

        /// - Parameter action: the name of the job's action; where it is not known, its number is said.
        init(_ record: Record, job: String?, action: String? = nil) {
            self.sequence = record.sequence
            self.time = record.wallMilliseconds
            self.event = record.event.name
            self.job = job
            self.details = record.event.details(action: action)
        }

        package init(sequence: UInt64, time: Int64, event: String, job: String?, details: String) {
            self.sequence = sequence
            self.time = time
            self.event = event
            self.job = job
            self.details = details
        }

        private enum CodingKeys: String, CodingKey {
            case sequence = "seq"
            case time = "time_ms"
            case event, job, details
        }
    }

    /// Calls `body` for each record from `first` on that concerns `job`, if one is named, until it returns false.
    package static func run(
        _ dataDirectory: String,
        from first: UInt64 = 0,
        job: String? = nil,
        body: (Line) -> Bool
    ) throws(QueueError) {
        let storage = FileStorage()
        let directory = AbsolutePath.of(dataDirectory)
        guard let identity = try StoreIdentity.read(from: directory, storage: storage) else {
            throw .noSuchQueue(directory: directory)
        }
        let scan = LogScan(
            storage: storage,
            directory: Recovery.path(identity.logDirectory, in: directory),
            identity: identity
        )
        let segments = try scan.segments()
        defer { for segment in segments { segment.file.close() } }
        var names: [UInt64: String] = [:]
        var isWanted = true
        let start = max(first, segments.first?.firstSequence ?? 1)
        // A job's records are few and its id stands in the first: the whole log is read for it.
        let begin = job == nil ? start : segments.first?.firstSequence ?? 1
        _ = try scan.scan(segments, from: begin, through: .max) { frame, bytes throws(QueueError) in
            var reader = RecordReader(firstSequence: frame.head.firstSequence, hash: identity.hash)
            while isWanted, let record = reader.next(in: bytes) {
                let range = reader.lastRange.lowerBound + Record.headByteCount..<reader.lastRange.upperBound
                let line = self.line(record, bytes.extracting(range), identity.hash, job, &names)
                if let line, record.sequence >= first { isWanted = body(line) }
            }
        }
    }

    private static func line(
        _ record: Record,
        _ bytes: RawSpan,
        _ hash: KeyedHash,
        _ wanted: String?,
        _ names: inout [UInt64: String]
    ) -> Line? {
        var name: String?
        if case .enqueue = record.event, let body = EnqueueBody.decode(bytes, hash: hash) {
            name = body.id
            // Names are kept only for the job asked for: a log may hold many millions.
            if body.id == wanted { names[record.sequence] = body.id }
        } else if let job = record.event.job {
            name = names[job.enqueueSequence] ?? "#\(job.enqueueSequence)"
        }
        if let wanted, name != wanted { return nil }
        return Line(record, job: name)
    }
}

extension Event {
    fileprivate func details(action: String?) -> String {
        func text(_ end: EndOfRun) -> String {
            var parts: [String] = []
            // Not `token`: a key of that name is hidden from people.
            if end.token != 0 { parts.append("fence=\(end.token)") }
            if let status = end.exitStatus { parts.append("exit=\(status)") }
            if !end.error.isEmpty { parts.append("error=\(end.error)") }
            return parts.joined(separator: " ")
        }
        switch self {
        case .action(let name): return "name=\(name)"
        case .enqueue(let enqueue):
            let name = action ?? "#\(enqueue.action)"
            return "priority=\(enqueue.priority) action=\(name) payload=\(enqueue.payloadLength)B"
                + (enqueue.isOnce ? " once" : "")
        case .dispatch(_, let token): return "fence=\(token)"
        case .ack(_, let end, let isSimulated): return text(end) + (isSimulated ? " simulated" : "")
        case .retry(_, let end, _, let delay), .timeout(_, let end, _, let delay):
            return "again_in=\(delay)ms " + text(end)
        case .dead(_, let end), .cancel(_, let end): return text(end)
        case .interrupted(_, let end, let isFree, _, _): return (isFree ? "free " : "") + text(end)
        case .forget(let records, let ids): return "records_through=\(records) ids_through=\(ids)"
        case .settings(let settings): return "simulates=\(settings.simulates)"
        case .epoch(let epoch): return "epoch=\(epoch)"
        case .cancelAsked, .revive, .purge, .pause, .resume, .recovered: return ""
        }
    }
}
