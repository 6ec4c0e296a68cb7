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
    }

    /// Kills all processes of this store's runs and waits until they are gone.
    package static func endAll(
        storeID: String,
        excludingProcessID: Int32 = getpid(),
        limitMilliseconds: Int64 = 5_000
    ) -> Outcome {
        var marked = MarkedProcesses(storeID: storeID)
        var outcome = Outcome()
        var counted: Set<Int32> = []
        let deadline = BootClock.now().bootMilliseconds + limitMilliseconds
        // What was found may have forked meanwhile, so look until nothing is found any more.
        while true {
            let held = self.kill(&marked, excludingProcessID: excludingProcessID)
            defer { for process in held { SystemCall.close(process.descriptor) } }
            outcome.endedCount += held.count { counted.insert($0.processID).inserted }
            if held.isEmpty { return outcome }
            for process in held {
                let left = max(0, deadline - BootClock.now().bootMilliseconds)
                if !self.wait(for: process.descriptor, milliseconds: left) {
                    outcome.stuckProcessIDs.append(process.processID)
                }
            }
            if !outcome.stuckProcessIDs.isEmpty || BootClock.now().bootMilliseconds >= deadline {
                outcome.endedCount -= outcome.stuckProcessIDs.count
                return outcome
            }
        }
    }

    private static func kill(
        _ marked: inout MarkedProcesses,
        excludingProcessID: Int32
    ) -> [(processID: Int32, descriptor: Int32)] {
        var held: [(processID: Int32, descriptor: Int32)] = []
        for processID in MarkedProcesses.all() where processID != excludingProcessID {
            guard let token = marked.token(of: processID) else { continue }
            guard let descriptor = marked.hold(processID, token: token) else { continue }
            // It may have ended by itself between the two lines, which is as good.
            _ = cbeaver_pidfd_signal(descriptor, SIGKILL)
            held.append((processID, descriptor))
        }
        return held
    }

    private static func wait(for descriptor: Int32, milliseconds: Int64) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let count = try? SystemCall.retrying { poll(&request, 1, Int32(clamping: milliseconds)) }
        return count == 1
    }
}
