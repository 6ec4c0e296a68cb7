internal import CBeaver

/// How many files this process may have open at once.
package enum OpenFileLimit {
    /// Log, snapshots, locks, threads and doors of a queue at rest take some thirty, each run three or four.
    package static let leastCount: Int64 = 64

    /// Raises the soft limit as far as it goes; commands get back the one that the process was started with.
    ///
    /// Throws where even that is too few to serve anybody, before a library that cannot say so ends the process over it.
    package static func raise() throws(QueueError) {
        let count = cbeaver_raise_open_files()
        guard count >= 0, count < self.leastCount else { return }
        throw QueueError(
            .inputOutput,
            "this process may have only \(count) files open at once, a queue needs \(self.leastCount); raise it with "
                + "`ulimit -n 1024` before the start, or LimitNOFILE= of a service"
        )
    }
}
