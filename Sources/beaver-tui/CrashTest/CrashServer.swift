import BeaverQueue
import BeaverServer
import FoundationEssentials
import Glibc

/// One life of the server under test: a process of its own.
final class CrashServer {
    let pid: pid_t
    private var status: CInt?

    /// How it ended.
    enum Ending: Equatable, CustomStringConvertible {
        case exit(Int32)
        case signal(Int32)

        var description: String {
            switch self {
            case .exit(let status): "exit status \(status)"
            case .signal(let number): "signal \(number)"
            }
        }
    }

    /// What every life is started with.
    struct Place: Sendable {
        let program: String
        let directory: String

        var data: String { self.directory + "/data" }
        var configuration: String { self.directory + "/beaver.yaml" }
        var script: String { self.directory + "/handler.sh" }
        var ledger: String { self.directory + "/ledger" }
        var log: String { self.directory + "/server.log" }
    }

    init(_ place: Place, life: Int) throws {
        let arguments = [
            place.program, "--no-ui", "--data-dir", place.data, "--config", place.configuration, "run", "--http", "off",
        ]
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("BEAVER_") }
        environment["CRASH_TEST_LIFE"] = String(life)
        environment["CRASH_TEST_LEDGER"] = place.ledger
        self.pid = try Spawn.start(
            place.program,
            arguments,
            environment: environment.map { "\($0.key)=\($0.value)" },
            output: place.log
        )
    }

    /// Nil while it runs.
    var ending: Ending? {
        if self.status == nil {
            var status: CInt = 0
            if waitpid(self.pid, &status, WNOHANG) == self.pid { self.status = status }
        }
        guard let status = self.status else { return nil }
        let number = status & 0x7F
        return number == 0 ? .exit(status >> 8 & 0xFF) : .signal(number)
    }

    func signal(_ number: CInt) {
        // Not reaped yet, so the number is still its own.
        if self.ending == nil { Glibc.kill(self.pid, number) }
    }

    /// SIGKILL, and its end; how it had ended if it was gone already.
    func crash() -> Ending {
        self.signal(SIGKILL)
        while true {
            if let ending = self.ending { return ending }
            usleep(200)
        }
    }

    /// Waits for it to end by itself.
    func end(within limit: Duration) async throws -> Ending? {
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        while clock.now < deadline {
            if let ending = self.ending { return ending }
            try await Task.sleep(for: .milliseconds(2))
        }
        return self.ending
    }
}

/// Processes that carry the environment of a crash test.
struct LeftoverProcesses {
    /// What names this test, and no other, in an environment.
    let marker: String

    init(ledger: String) { self.marker = "CRASH_TEST_LEDGER=\(ledger)" }

    /// Those of lives before `life`, with the life each belongs to.
    ///
    /// A child of a killed server that had not become a command yet is none: it has its end in hand and runs nothing
    /// more, but on a busy machine it takes a while to get a processor for that. It must be gone within five seconds.
    func from(livesBefore life: Int) async -> [(pid: pid_t, life: Int)] {
        let deadline = ContinuousClock.now + .seconds(5)
        while true {
            let found = self.now(livesBefore: life)
            if found.isEmpty || found.contains(where: \.isRun) || ContinuousClock.now > deadline {
                return found.map { ($0.pid, $0.life) }
            }
            try? await Task.sleep(for: .milliseconds(1))
        }
    }

    /// As they are at this moment.
    func now(livesBefore life: Int) -> [(pid: pid_t, life: Int, isRun: Bool)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { name in
            guard let pid = pid_t(name), let process = self.process(pid), process.life < life else { return nil }
            return (pid, process.life, process.isRun)
        }
    }

    private func process(_ pid: pid_t) -> (life: Int, isRun: Bool)? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/environ") else { return nil }
        let variables = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        guard variables.contains(self.marker) else { return nil }
        let prefix = "CRASH_TEST_LIFE="
        let life = variables.first { $0.hasPrefix(prefix) }.flatMap { Int($0.dropFirst(prefix.count)) }
        return life.map { ($0, variables.contains { $0.hasPrefix("BEAVER_RUN=") }) }
    }
}
