/// Which store this is: written once at creation into `DATA-DIR/store`, two copies, each with its checksum.
///
/// The key makes frames and fingerprints of one store meaningless in another; it is no secret that protects anything
/// from someone who can read the directory.
package struct StoreIdentity: Sendable, Equatable {
    /// 32 hexadecimal digits.
    package var storeID: String
    package var hash: KeyedHash
    package var createdWallMilliseconds: Int64
    /// As configured at creation: a different one later would look like an empty store.
    package var logDirectory: String
    package var snapshotDirectory: String
    /// Created without any configuration: jobs without a handler are simulated.
    package var simulates: Bool

    package static let fileName = "store"
    private static let magic: UInt64 = 0x3156_4245_524f_5453  // "STOREBV1"
    private static let copyByteCount = 4_096

    package init(
        randomWords: [UInt64],
        createdWallMilliseconds: Int64,
        logDirectory: String,
        snapshotDirectory: String,
        simulates: Bool
    ) {
        precondition(randomWords.count == 4, "a store is made of four random words")
        let id = StateFingerprint(high: randomWords[0], low: randomWords[1])
        self.storeID = id.description
        self.hash = KeyedHash(key0: randomWords[2], key1: randomWords[3])
        self.createdWallMilliseconds = createdWallMilliseconds
        self.logDirectory = logDirectory
        self.snapshotDirectory = snapshotDirectory
        self.simulates = simulates
    }

    private func encode() -> [UInt8] {
        var copy: [UInt8] = []
        copy.appendLittleEndian(Self.magic)
        copy.append(contentsOf: self.storeID.utf8)
        copy.appendLittleEndian(self.hash.key0)
        copy.appendLittleEndian(self.hash.key1)
        copy.appendLittleEndian(self.createdWallMilliseconds)
        copy.append(self.simulates ? 1 : 0)
        for path in [self.logDirectory, self.snapshotDirectory] {
            copy.appendLittleEndian(UInt16(path.utf8.count))
            copy.append(contentsOf: path.utf8)
        }
        copy += [UInt8](repeating: 0, count: Self.copyByteCount - 4 - copy.count)
        copy.appendLittleEndian(Checksum.crc32c(copy))
        return copy
    }

    private init?(decoding bytes: RawSpan) {
        let checked = bytes.extracting(0..<Self.copyByteCount - 4)
        guard Checksum.crc32c(checked) == bytes.load(UInt32.self, at: Self.copyByteCount - 4),
            bytes.load(UInt64.self, at: 0) == Self.magic
        else { return nil }
        self.storeID = String(decoding: bytes.bytes(8..<40), as: UTF8.self)
        self.hash = KeyedHash(key0: bytes.load(UInt64.self, at: 40), key1: bytes.load(UInt64.self, at: 48))
        self.createdWallMilliseconds = bytes.load(Int64.self, at: 56)
        self.simulates = bytes.load(UInt8.self, at: 64) == 1
        var offset = 65
        var paths: [String] = []
        for _ in 0..<2 {
            let length = Int(bytes.load(UInt16.self, at: offset))
            guard offset + 2 + length <= Self.copyByteCount - 4 else { return nil }
            paths.append(String(decoding: bytes.bytes(offset + 2..<offset + 2 + length), as: UTF8.self))
            offset += 2 + length
        }
        self.logDirectory = paths[0]
        self.snapshotDirectory = paths[1]
    }

    /// Nil if there is no such file; throws `damaged` if neither copy is whole.
    package static func read(from directory: String, storage: any Storage) throws(QueueError) -> StoreIdentity? {
        try self.find(in: directory, storage: storage)?.identity
    }

    /// What the file says, and whether both of its copies say so.
    struct Found {
        var identity: StoreIdentity
        var isWhole: Bool
    }

    /// The same, for who mends or reports a damaged copy: the second one is no help once the first is gone too.
    static func find(in directory: String, storage: any Storage) throws(QueueError) -> Found? {
        let path = directory + "/" + self.fileName
        guard try storage.identity(of: path) != nil else { return nil }
        let file = try storage.open(path, .readOnly)
        defer { file.close() }
        var bytes: [UInt8] = []
        let count = try file.read(into: &bytes, count: 2 * Self.copyByteCount, at: 0)
        var copies: [StoreIdentity] = []
        for copy in 0..<2 where count >= (copy + 1) * Self.copyByteCount {
            let range = copy * Self.copyByteCount..<(copy + 1) * Self.copyByteCount
            if let identity = StoreIdentity(decoding: bytes.span.bytes.extracting(range)) { copies.append(identity) }
        }
        guard let first = copies.first else {
            throw .damaged(path: path, "neither copy of the store's identity is whole")
        }
        return Found(identity: first, isWhole: copies.count == 2)
    }

    /// Creates the file under a temporary name first: a crash leaves none or a whole one.
    package func write(to directory: String, storage: any Storage) throws(QueueError) {
        let path = directory + "/" + Self.fileName
        let temporary = path + ".tmp"
        let file = try storage.open(temporary, .createOrTruncate)
        defer { file.close() }
        let copy = self.encode()
        try file.write(copy.span.bytes, at: 0)
        try file.write(copy.span.bytes, at: Int64(Self.copyByteCount))
        try file.synchronizeData()
        try storage.rename(temporary, to: path)
        try storage.syncDirectory(directory)
    }
}
