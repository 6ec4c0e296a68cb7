import BeaverQueue

/// One job given on the command line.
///
/// It is written as an entry of a jobs file and read like one, so that the same rules hold for both.
enum SingleJob {
    static func fromPayload(
        _ payload: String,
        action: String?,
        id: String?,
        options: JobsFileOptions
    ) throws(QueueError) -> NewJob {
        let bytes = Array(payload.utf8)
        // First by itself: text that is no single value could otherwise change the entry around it.
        if let fault = JSONText.fault(in: bytes) {
            throw .invalidInput("the payload is not one JSON value: at byte \(fault.offset): \(fault.sentence)")
        }
        var entry = self.beginning(id)
        if let action { self.append("action", JSONText.string(action), to: &entry) }
        self.append("payload", bytes, to: &entry)
        return try self.read(entry, options)
    }

    static func fromCommand(_ arguments: [String], id: String?, options: JobsFileOptions) throws(QueueError) -> NewJob {
        var entry = self.beginning(id)
        let items = arguments.map { JSONText.string($0) }.joined(separator: [UInt8(ascii: ",")])
        self.append("command", [UInt8(ascii: "[")] + items + [UInt8(ascii: "]")], to: &entry)
        return try self.read(entry, options)
    }

    private static func beginning(_ id: String?) -> [UInt8] {
        var entry: [UInt8] = [UInt8(ascii: "{")]
        if let id { self.append("id", JSONText.string(id), to: &entry) }
        return entry
    }

    private static func append(_ name: String, _ value: [UInt8], to entry: inout [UInt8]) {
        if entry.count > 1 { entry.append(UInt8(ascii: ",")) }
        entry += JSONText.string(name) + [UInt8(ascii: ":")] + value
    }

    private static func read(_ entry: [UInt8], _ options: JobsFileOptions) throws(QueueError) -> NewJob {
        let check = JobsFileReader.check(entry + [UInt8(ascii: "}")], options: options)
        if let fault = check.faults.first { throw .invalidInput(fault.message) }
        guard let job = check.jobs.first else { throw .invalidInput("this is no job") }
        return job
    }
}
