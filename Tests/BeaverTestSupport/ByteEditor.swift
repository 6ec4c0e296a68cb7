package import BeaverQueue
package import BeaverSimulation
internal import Glibc

/// Damages one file at a known place: how tests make torn tails, rotten bits and misdirected sectors.
///
/// What it writes is on the disk at once. An edit beyond the end of the file does nothing, so that a loop over offsets
/// needs no care at the end; the result says whether anything was changed.
package struct ByteEditor: Sendable {
    private enum Place: Sendable {
        case simulated(SimulatedStorage)
        case real
    }

    package let path: String
    private let place: Place

    /// A file on a simulated disk.
    package init(_ storage: SimulatedStorage, _ path: String) {
        self.place = .simulated(storage)
        self.path = path
    }

    /// A file of this machine.
    package init(realPath path: String) {
        self.place = .real
        self.path = path
    }

    package func bytes() throws(QueueError) -> [UInt8] {
        switch self.place {
        case .simulated(let storage):
            guard let bytes = storage.contents(of: self.path) else { throw self.failure("open", ENOENT) }
            return bytes
        case .real:
            return try self.readReal()
        }
    }

    /// Puts these bytes in place of the whole file.
    package func replace(_ bytes: [UInt8]) throws(QueueError) {
        switch self.place {
        case .simulated(let storage):
            guard storage.replace(self.path, bytes) else { throw self.failure("open", EISDIR) }
        case .real:
            try self.writeReal(bytes)
        }
    }

    /// Ends the file before `offset`.
    @discardableResult
    package func cut(at offset: Int) throws(QueueError) -> Bool {
        try self.edit { $0.removeLast(max(0, $0.count - max(0, offset))) }
    }

    /// Flips one bit, 0 being the lowest.
    @discardableResult
    package func flip(bit: Int = 0, at offset: Int) throws(QueueError) -> Bool {
        try self.edit { bytes in
            guard bytes.indices.contains(offset) else { return }
            bytes[offset] ^= 1 << UInt8(bit & 7)
        }
    }

    @discardableResult
    package func zero(_ range: Range<Int>) throws(QueueError) -> Bool {
        try self.edit { bytes in
            for index in range.clamped(to: bytes.indices) { bytes[index] = 0 }
        }
    }

    /// Writes over what is there, and never beyond the end.
    @discardableResult
    package func overwrite(_ new: [UInt8], at offset: Int) throws(QueueError) -> Bool {
        try self.edit { bytes in
            for (index, byte) in zip(offset..., new) where bytes.indices.contains(index) { bytes[index] = byte }
        }
    }

    @discardableResult
    package func append(_ new: [UInt8]) throws(QueueError) -> Bool {
        try self.edit { $0 += new }
    }

    /// Exchanges two sectors of 512 bytes, counted from 0, as a misdirected write does; both must be there in full.
    @discardableResult
    package func swapSectors(_ first: Int, _ second: Int) throws(QueueError) -> Bool {
        try self.edit { bytes in
            guard max(first, second) * 512 + 512 <= bytes.count, min(first, second) >= 0 else { return }
            for index in 0..<512 { bytes.swapAt(first * 512 + index, second * 512 + index) }
        }
    }

    private func edit(_ change: (inout [UInt8]) -> Void) throws(QueueError) -> Bool {
        let before = try self.bytes()
        var after = before
        change(&after)
        guard after != before else { return false }
        try self.replace(after)
        return true
    }

    private func readReal() throws(QueueError) -> [UInt8] {
        let descriptor = Glibc.open(self.path, O_RDONLY)
        guard descriptor >= 0 else { throw self.failure("open", ENOENT) }
        defer { Glibc.close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &block, block.count)
            guard count >= 0 else { throw self.failure("read", EIO) }
            guard count > 0 else { return bytes }
            bytes += block[..<count]
        }
    }

    private func writeReal(_ bytes: [UInt8]) throws(QueueError) {
        let descriptor = Glibc.open(self.path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw self.failure("open", EACCES) }
        defer { Glibc.close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw self.failure("write", EIO) }
            rest = rest.dropFirst(count)
        }
    }

    private func failure(_ call: String, _ errorNumber: Int32) -> QueueError {
        .systemCall(call, path: self.path, errorNumber: errorNumber, reason: "the test could not edit it")
    }
}
