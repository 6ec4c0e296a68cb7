import BeaverQueue

/// The text of a file that became no job, written to a file beside it: to be mended there and taken then.
///
/// Of an array it is an array again. Where the array's own structure was lost, all that follows stands there as it was.
struct RefusedFile {
    let path: String
    private let file: any StorageFile
    private let isArray: Bool
    private var byteCount: Int64 = 0
    private var lastByte: UInt8?

    /// Reads the input once more and returns the path of what was written, on disk; nil if all its text is in jobs.
    static func write(of input: JobInput, isArray: Bool) async throws -> String? {
        // What was shown as bad would be somewhere else in it.
        try input.file.requireUnchanged()
        var refused = try RefusedFile(beside: input.file.name, isArray: isArray)
        defer { refused.file.close() }
        do {
            var reader = input.form.stream(input.options)
            try await input.file.forEachPiece { piece in
                reader.feed(piece)
                _ = reader.takeJobs()
                for place in reader.takeRefused() { try refused.append(place, of: input.file) }
            }
            reader.finish()
            for place in reader.takeRefused() { try refused.append(place, of: input.file) }
            if refused.byteCount == 0 {
                try FileStorage().remove(refused.path)
                return nil
            }
            try refused.finish(isWhole: refused.endsBefore(input.file.byteCount))
        } catch {
            // Half of it would look like all of it.
            try FileStorage().remove(refused.path)
            throw error
        }
        return refused.path
    }

    /// Never over a file that is there: what was left over before may still be waiting to be mended.
    private init(beside path: String, isArray: Bool) throws(QueueError) {
        self.isArray = isArray
        for number in 1..<100 {
            let name = path + (number == 1 ? ".bad" : ".bad.\(number)")
            if try FileStorage().identity(of: name) != nil { continue }
            self.path = name
            self.file = try FileStorage().open(name, .createNew)
            return
        }
        throw QueueError(.cannotCreate, "\(path).bad and 98 more like it are there already; remove them", path: path)
    }

    /// Up to where the last place reaches.
    private var end: Int64 = -1

    private func endsBefore(_ byteCount: Int64) -> Bool { self.end <= byteCount }

    private mutating func append(_ place: Range<Int64>, of input: InputFile) throws {
        // What adjoins the place before is its other half, read with the next piece of the input.
        if place.lowerBound != self.end {
            if self.byteCount > 0 { try self.endEntry() }
            if self.isArray { try self.append(Array((self.byteCount == 0 ? "[\n" : ",\n").utf8)) }
        }
        try input.forEachPiece(of: place) { try self.append($0) }
        self.end = place.upperBound
    }

    private mutating func endEntry() throws(QueueError) {
        if !self.isArray, self.lastByte != UInt8(ascii: "\n") { try self.append([UInt8(ascii: "\n")]) }
    }

    private mutating func append(_ bytes: [UInt8]) throws(QueueError) {
        try self.file.write(bytes.span.bytes, at: self.byteCount)
        self.byteCount += Int64(bytes.count)
        self.lastByte = bytes.last ?? self.lastByte
    }

    private mutating func finish(isWhole: Bool) throws(QueueError) {
        try self.endEntry()
        if self.isArray, isWhole { try self.append(Array("\n]\n".utf8)) }
        try self.file.synchronizeData()
    }
}
