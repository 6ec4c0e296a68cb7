internal import CBeaver

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

extension ProcessLoop {
    /// Starts a program and watches it.
    ///
    /// Either all of that has happened or there is no process.
    func start(
        _ launch: ProcessLaunch,
        ended: @escaping @Sendable (RunResult) -> Void
    ) throws(ProcessGroup.StartFault) -> ProcessRun {
        let path = try Self.step(.execute) { () throws(SystemCall.Failure) in
            try ProgramSearch.path(
                of: launch.program,
                searchPath: launch.searchPath,
                directory: launch.workingDirectory
            )
        }
        let input = try Self.step(.prepare) { () throws(SystemCall.Failure) in try self.input(of: launch) }
        defer { if input != self.nothing { SystemCall.close(input) } }
        var readEnd: Int32 = -1
        var writeEnd: Int32 = -1
        try Self.step(.prepare) { () throws(SystemCall.Failure) in
            _ = try SystemCall.retrying { cbeaver_pipe(&readEnd, &writeEnd) }
        }
        defer { SystemCall.close(writeEnd) }
        do throws(ProcessGroup.StartFault) {
            let group = try ProcessGroup.start(
                path: path,
                arguments: launch.arguments,
                environment: launch.environment,
                workingDirectory: launch.workingDirectory,
                input: input,
                output: writeEnd
            )
            let startedNanoseconds = BootClock.now().bootNanoseconds
            self.leaders.note(group.leaderProcessID, startedNanoseconds: startedNanoseconds)
            try self.watch(group, output: readEnd, token: launch.token)
            return ProcessRun(
                launch: launch,
                group: group,
                outputDescriptor: readEnd,
                watchedBy: self.watched,
                startedNanoseconds: startedNanoseconds,
                ended: ended
            )
        } catch {
            SystemCall.close(readEnd)
            throw error
        }
    }

    /// A file in memory that holds the payload: it has any size, and nobody needs to stand by and write.
    private func input(of launch: ProcessLaunch) throws(SystemCall.Failure) -> Int32 {
        guard let bytes = launch.input else { return self.nothing }
        let descriptor = try SystemCall.retrying { cbeaver_memory_file("payload") }
        do throws(SystemCall.Failure) {
            var written = 0
            while written < bytes.count {
                written += try SystemCall.retrying {
                    bytes.withUnsafeBytes { source in
                        pwrite(
                            descriptor,
                            source.baseAddress?.advanced(by: written),
                            source.count - written,
                            off_t(written)
                        )
                    }
                }
            }
        } catch {
            SystemCall.close(descriptor)
            throw error
        }
        return descriptor
    }

    private func watch(_ group: ProcessGroup, output: Int32, token: UInt64) throws(ProcessGroup.StartFault) {
        do throws(SystemCall.Failure) {
            try self.watched.add(group.leaderDescriptor, tag: token << 1)
            try self.watched.add(output, tag: token << 1 | 1)
        } catch {
            // The kernel has no memory for it. A process that nobody watches would never end for us.
            group.signal(SIGKILL)
            var request = pollfd(fd: group.leaderDescriptor, events: Int16(POLLIN), revents: 0)
            _ = try? SystemCall.retrying { poll(&request, 1, -1) }
            group.reapLeader()
            SystemCall.close(group.leaderDescriptor)
            throw ProcessGroup.StartFault(step: .prepare, failure: error)
        }
    }

    private static func step<Answer>(
        _ step: ProcessGroup.StartFault.Step,
        _ body: () throws(SystemCall.Failure) -> Answer
    ) throws(ProcessGroup.StartFault) -> Answer {
        do throws(SystemCall.Failure) {
            return try body()
        } catch {
            throw ProcessGroup.StartFault(step: step, failure: error)
        }
    }
}
