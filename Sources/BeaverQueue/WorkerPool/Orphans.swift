internal import CBeaver

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Ends what a queue that crashed has left running, before the next one starts the same jobs again.
package enum Orphans {
    package struct Outcome: Sendable, Equatable {
        /// Processes that were ended.
        package var endedCount = 0
        /// Ids of those that were killed but did not go within the limit: they hang in the kernel, or run as another user.
        package var stuckProcessIDs: [Int32] = []
        /// There was no descriptor to look with: nobody knows what is left.
        package var isBlind = false
    }

    private struct Found {
        var held: [(processID: Int32, descriptor: Int32)] = []
        var isUndecided = false
        var isBlind = false
    }

    /// Kills all processes of this store's runs and waits until they are gone.
    package static func endAll(
        storeID: String,
        excludingProcessID: Int32 = getpid(),
        limitMilliseconds: Int64 = 5_000
    ) -> Outcome {
        var marked = MarkedProcesses(storeID: storeID, ignoresOwnChildren: false)
        var outcome = Outcome()
        var counted: Set<Int32> = []
        let begin = BootClock.now().bootMilliseconds
        // What was found may have forked meanwhile, so look until nothing is found any more.
        while true {
            let found = self.kill(&marked, excludingProcessID: excludingProcessID)
            defer { for process in found.held { SystemCall.close(process.descriptor) } }
            outcome.endedCount += found.held.count { counted.insert($0.processID).inserted }
            for process in found.held {
                let left = max(0, begin + limitMilliseconds - BootClock.now().bootMilliseconds)
                if !self.wait(for: process.descriptor, milliseconds: left) {
                    outcome.stuckProcessIDs.append(process.processID)
                }
            }
            outcome.endedCount -= outcome.stuckProcessIDs.count
            let spent = BootClock.now().bootMilliseconds - begin
            if !outcome.stuckProcessIDs.isEmpty || spent >= limitMilliseconds {
                outcome.isBlind = found.isBlind
                return outcome
            }
            if found.held.isEmpty {
                outcome.isBlind = found.isBlind
                let isSure = !found.isUndecided || spent >= Self.undecidedLimitMilliseconds
                if isSure, !found.isBlind { return outcome }
                _ = poll(nil, 0, 1)
            }
        }
    }

    /// A process that hangs half way between two programs, whosever it is, does not hold up a start for longer.
    private static let undecidedLimitMilliseconds: Int64 = 500

    private static func kill(
        _ marked: inout MarkedProcesses,
        excludingProcessID: Int32
    ) -> Found {
        var found = Found()
        guard let all = MarkedProcesses.all() else {
            found.isBlind = true
            return found
        }
        for processID in all where processID != excludingProcessID {
            switch marked.mark(of: processID) {
            case .none: continue
            case .undecided: found.isUndecided = true
            case .unseen: found.isBlind = true
            case .token(let token):
                switch marked.hold(processID, token: token) {
                case .descriptor(let descriptor):
                    // It may have ended by itself between the two lines, which is as good.
                    _ = cbeaver_pidfd_signal(descriptor, SIGKILL)
                    found.held.append((processID, descriptor))
                case .gone: found.isUndecided = true
                case .unseen: found.isBlind = true
                }
            }
        }
        return found
    }

    private static func wait(for descriptor: Int32, milliseconds: Int64) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let count = try? SystemCall.retrying { poll(&request, 1, Int32(clamping: milliseconds)) }
        return count == 1
    }
}
