/// Everything that the simulator does to an engine's disk, for the gate that demands each of them at least once.
package enum FaultKind: String, CaseIterable, Sendable {
    case failedOpen, failedRead, failedWrite, failedSync, failedResize, failedRename, failedRemove
    case failedCreateDirectory, failedSyncDirectory, failedList, failedInspect
    case inputOutputError, noSpaceError
    /// A write that the kernel took in two pieces, with room for a crash between them.
    case shortWrite
    /// A failed sync whose dirty pages were forgotten.
    case droppedPages
    /// The file system was as full as its capacity.
    case diskFull
    case bitRot
    /// The directory was removed under a running engine.
    case treeRemoved
    /// The machine died at a chosen call.
    case crashPoint
    case powerCut, processKill
    case unsyncedDataLost, unsyncedSizeLost, unsyncedEntryLost, tornWrite, garbageSector, removedFileReturned
}

/// How often each kind of fault was injected.
package struct FaultCounts: Sendable, Equatable, CustomStringConvertible {
    private var counts = Array(repeating: 0, count: FaultKind.allCases.count)

    package init() {}

    package subscript(kind: FaultKind) -> Int {
        get { self.counts[kind.index] }
        set { self.counts[kind.index] = newValue }
    }

    /// The kinds that never happened.
    package var missing: [FaultKind] { FaultKind.allCases.filter { self[$0] == 0 } }

    package var total: Int { self.counts.reduce(0, +) }

    package static func + (left: FaultCounts, right: FaultCounts) -> FaultCounts {
        var sum = left
        sum += right
        return sum
    }

    package static func - (left: FaultCounts, right: FaultCounts) -> FaultCounts {
        var difference = left
        for kind in FaultKind.allCases { difference[kind] -= right[kind] }
        return difference
    }

    package static func += (left: inout FaultCounts, right: FaultCounts) {
        for kind in FaultKind.allCases { left[kind] += right[kind] }
    }

    /// One line for each kind that happened.
    package var description: String {
        FaultKind.allCases.filter { self[$0] > 0 }.map { "\($0.rawValue) \(self[$0])" }.joined(separator: "\n")
    }
}

extension FaultKind {
    /// What a planned failure of this call is counted as.
    static func failure(of call: StorageCall) -> FaultKind {
        switch call {
        case .open: .failedOpen
        case .read: .failedRead
        case .write: .failedWrite
        case .sync: .failedSync
        case .resize: .failedResize
        case .rename: .failedRename
        case .remove: .failedRemove
        case .createDirectory: .failedCreateDirectory
        case .syncDirectory: .failedSyncDirectory
        case .list: .failedList
        case .inspect: .failedInspect
        }
    }

    /// Position in `allCases`, without a search on each call.
    fileprivate var index: Int { Self.indices[self] ?? 0 }
    private static let indices = Dictionary(
        uniqueKeysWithValues: FaultKind.allCases.enumerated().map { ($1, $0) }
    )
}
