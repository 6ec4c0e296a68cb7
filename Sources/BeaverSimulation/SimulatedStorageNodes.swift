internal import Glibc

/// What the kernel answers when a call cannot be done.
struct DiskFailure: Error, Equatable {
    var number: Int32
    var reason: String

    static let inputOutput = DiskFailure(number: EIO, reason: "Input/output error")
    static let noSpace = DiskFailure(number: ENOSPC, reason: "No space left on device")
    static let notFound = DiskFailure(number: ENOENT, reason: "No such file or directory")
    static let exists = DiskFailure(number: EEXIST, reason: "File exists")
    static let notADirectory = DiskFailure(number: ENOTDIR, reason: "Not a directory")
    static let isADirectory = DiskFailure(number: EISDIR, reason: "Is a directory")
    static let notEmpty = DiskFailure(number: ENOTEMPTY, reason: "Directory not empty")
    static let badDescriptor = DiskFailure(number: EBADF, reason: "Bad file descriptor")
    static let tooLarge = DiskFailure(number: EFBIG, reason: "File too large")
    static let invalid = DiskFailure(number: EINVAL, reason: "Invalid argument")
    static let died = DiskFailure(number: EIO, reason: "this life of the simulated machine is over")
}

extension SimulatedDisk {
    /// A name in a directory.
    struct Slot: Hashable {
        var directory: Int
        var name: String
    }

    struct Node: Sendable {
        let isDirectory: Bool
        var linkCount = 0
        /// How many durable names lead here: while there is one, a power cut brings the file back.
        var durableLinkCount = 0
        var handles = 0
        /// Neither named nor open: its room is free again, though a power cut may still bring it back.
        var isReleased = false
        var content = SimulatedFileContent()
        var entries = EntryTable()
        var durableEntries = EntryTable()
    }

    /// What happened to names and is not durable yet: a creation, a removal, or both halves of a rename at once.
    struct EntryChange: Sendable {
        var stamp: UInt64
        /// Each name with the node it leads to afterwards, or nil.
        var results: [(slot: Slot, node: Int?)]
        /// The node that is created, removed or renamed.
        var node: Int

        /// Neither can be on the disk without the other having been decided first.
        func depends(on earlier: EntryChange) -> Bool {
            self.node == earlier.node
                || self.results.contains { mine in earlier.results.contains { $0.slot == mine.slot } }
        }
    }
}

/// The names of one directory, sorted.
struct EntryTable: Sendable {
    private var entries: [(name: String, node: Int)] = []

    var isEmpty: Bool { self.entries.isEmpty }
    var names: [String] { self.entries.map(\.name) }
    var nodes: [Int] { self.entries.map(\.node) }

    subscript(name: String) -> Int? {
        get {
            let index = self.index(of: name)
            return index < self.entries.count && self.entries[index].name == name ? self.entries[index].node : nil
        }
        set {
            let index = self.index(of: name)
            let isPresent = index < self.entries.count && self.entries[index].name == name
            switch (newValue, isPresent) {
            case (.some(let node), true): self.entries[index].node = node
            case (.some(let node), false): self.entries.insert((name, node), at: index)
            case (.none, true): self.entries.remove(at: index)
            case (.none, false): break
            }
        }
    }

    /// Where the name is, or would be.
    private func index(of name: String) -> Int {
        var lower = 0
        var upper = self.entries.count
        while lower < upper {
            let middle = (lower + upper) / 2
            if self.entries[middle].name < name { lower = middle + 1 } else { upper = middle }
        }
        return lower
    }
}

/// The names of a path, "." and ".." resolved.
///
/// Relative paths start at the root: a simulated process works there.
func pathComponents(_ path: String) -> [String] {
    var names: [String] = []
    for name in path.split(separator: "/") where name != "." {
        if name == ".." {
            _ = names.popLast()
        } else {
            names.append(String(name))
        }
    }
    return names
}
