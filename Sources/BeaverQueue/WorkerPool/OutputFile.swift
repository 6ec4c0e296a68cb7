internal import CBeaver

/// The output of one run on disk: `DIRECTORY/<sequence / 1000>/<sequence>-<token>.out`, made with its first byte.
///
/// A fault (a full disk, say) ends the keeping, never the run: output is for people, results are not in it. While a run
/// writes, the file holds the first half; `close` puts the last behind it, so that a reader who follows the file never
/// sees a byte change. Until then up to half of the limit lies in a file without a name, which a crash takes away.
///
/// Not for use by two threads at a time.
final class OutputFile {
    private let directory: String
    private let name: String
    private var layout: OutputLayout
    private var head: PosixFile?
    private var ring: PosixFile?
    /// Why nothing more is kept.
    private(set) var fault: QueueError?

    init(outputDirectory: String, enqueueSequence: UInt64, token: UInt64, limitBytes: Int64) {
        self.directory = "\(outputDirectory)/\(enqueueSequence / 1_000)"
        self.name = "\(enqueueSequence)-\(token).out"
        self.layout = OutputLayout(limitBytes: limitBytes)
    }

    func append(_ bytes: Span<UInt8>) {
        let pieces = self.layout.place(bytes.count)
        if self.fault != nil { return }
        do throws(QueueError) {
            for piece in pieces {
                let file = try piece.isHead ? self.openedHead() : self.openedRing()
                try file.write(bytes.extracting(piece.source).bytes, at: piece.offset)
            }
        } catch {
            self.fault = error
        }
    }

    /// Completes the file; idempotent.
    func close() {
        defer {
            self.head?.close()
            self.ring?.close()
            self.head = nil
            self.ring = nil
        }
        guard self.fault == nil, let head, let ring else { return }
        do throws(QueueError) {
            var offset = self.layout.headBytes
            try head.write(Array(self.layout.note.utf8).span.bytes, at: offset)
            offset += Int64(self.layout.note.utf8.count)
            for range in self.layout.ringRanges {
                try Self.copy(range, of: ring, to: head, at: offset)
                offset += range.upperBound - range.lowerBound
            }
        } catch {
            self.fault = error
        }
    }

    private func openedHead() throws(QueueError) -> PosixFile {
        if let head { return head }
        let path = "\(self.directory)/\(self.name)"
        let file: PosixFile
        do throws(QueueError) {
            file = try PosixFile(path, .createOrTruncate)
        } catch {
            // A thousand jobs share a directory, so it is nearly always there.
            try FileStorage().createDirectory(self.directory)
            file = try PosixFile(path, .createOrTruncate)
        }
        self.head = file
        return file
    }

    private func openedRing() throws(QueueError) -> PosixFile {
        if let ring { return ring }
        _ = try self.openedHead()
        let file = try PosixFile(unnamedIn: self.directory)
        self.ring = file
        return file
    }

    private static func copy(
        _ range: Range<Int64>,
        of source: PosixFile,
        to target: PosixFile,
        at offset: Int64
    ) throws(QueueError) {
        var buffer: [UInt8] = []
        var position = range.lowerBound
        while position < range.upperBound {
            let wanted = Int(min(range.upperBound - position, 256 << 10))
            let count = try source.read(into: &buffer, count: wanted, at: position)
            if count == 0 { return }
            try target.write(buffer.span.extracting(first: count).bytes, at: offset + position - range.lowerBound)
            position += Int64(count)
        }
    }
}
