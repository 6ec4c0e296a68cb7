import CBeaver

/// Remembers the ids of a file, to find one that stands twice with different payloads.
///
/// A table of its own instead of a dictionary: one hash and one probe a job, and growing moves no strings.
struct JobsIDLedger: Sendable {
    private struct Known {
        let id: String
        let hash: Int
        let entry: Int
        let payloadCount: Int
        let payloadChecksum: UInt32
    }

    private var known: [Known] = []
    /// Position in `known` plus one, 0 where the slot is free.
    ///
    /// The count is a power of two and more than twice that of `known`.
    private var slots: [UInt32] = []

    /// Notes a job's id; returns the entry that had the same id with another payload, if there is one.
    mutating func entryThatDiffers(from job: NewJob, entry: Int) -> Int? {
        guard var id = job.id else { return nil }
        // Seeded anew by each process, so that no file can be made to collide.
        var hasher = Hasher()
        id.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        let new = Known(
            id: id,
            hash: hasher.finalize(),
            entry: entry,
            payloadCount: job.payload.count,
            payloadChecksum: job.payload.withUnsafeBytes { cbeaver_crc32c(0, $0.baseAddress, $0.count) }
        )
        if self.slots.count <= self.known.count * 2 { self.grow() }
        let slot = self.slot(of: new)
        if self.slots[slot] == 0 {
            self.known.append(new)
            self.slots[slot] = UInt32(self.known.count)
            return nil
        }
        let old = self.known[Int(self.slots[slot]) - 1]
        let isSame = old.payloadCount == new.payloadCount && old.payloadChecksum == new.payloadChecksum
        return isSame ? nil : old.entry
    }

    /// Where this id is, or where it belongs.
    private func slot(of wanted: Known) -> Int {
        let mask = self.slots.count - 1
        var slot = wanted.hash & mask
        while self.slots[slot] != 0 {
            let other = self.known[Int(self.slots[slot]) - 1]
            // Bytes are compared: two ids that only Unicode calls equal are two jobs.
            if other.hash == wanted.hash, other.id.utf8.elementsEqual(wanted.id.utf8) { return slot }
            slot = (slot + 1) & mask
        }
        return slot
    }

    private mutating func grow() {
        let count = max(64, self.slots.count * 2)
        self.slots = Array(repeating: 0, count: count)
        for index in self.known.indices {
            var slot = self.known[index].hash & (count - 1)
            while self.slots[slot] != 0 { slot = (slot + 1) & (count - 1) }
            self.slots[slot] = UInt32(index + 1)
        }
    }
}
