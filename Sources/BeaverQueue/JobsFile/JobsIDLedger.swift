import CBeaver

/// Remembers the ids of a file, to find one that stands twice with different payloads.
struct JobsIDLedger: Sendable {
    private struct Known {
        let entry: Int
        let payloadCount: Int
        let payloadChecksum: UInt32
    }

    /// Compares bytes: two ids that only Unicode calls equal are two jobs.
    private struct ExactID: Hashable {
        let text: String

        static func == (left: ExactID, right: ExactID) -> Bool {
            left.text.utf8.elementsEqual(right.text.utf8)
        }

        func hash(into hasher: inout Hasher) {
            var text = self.text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }

    private var known: [ExactID: Known] = [:]

    /// Notes a job's id; returns the entry that had the same id with another payload, if there is one.
    mutating func entryThatDiffers(from job: NewJob, entry: Int) -> Int? {
        guard let id = job.id else { return nil }
        let checksum = job.payload.withUnsafeBytes { cbeaver_crc32c(0, $0.baseAddress, $0.count) }
        let new = Known(entry: entry, payloadCount: job.payload.count, payloadChecksum: checksum)
        let old = self.known[ExactID(text: id), default: new]
        if old.entry == entry {
            self.known[ExactID(text: id)] = new
            return nil
        }
        return old.payloadCount == new.payloadCount && old.payloadChecksum == checksum ? nil : old.entry
    }
}
