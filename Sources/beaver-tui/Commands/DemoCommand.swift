import ArgumentParser
import BeaverConsole
import BeaverQueue
import FoundationEssentials

/// The console on a scratch queue with small real handlers and a load made up for looking at.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "The console on a scratch directory with real small commands; removed when you quit."
    )

    @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions

    @Option(help: "Jobs that arrive each second.")
    var rate = 12

    func validate() throws {
        guard (1...1_000).contains(self.rate) else { throw ValidationError("--rate is 1 to 1000 jobs a second") }
        guard self.globals.dataDirectory == nil, self.globals.config == nil else {
            throw ValidationError("demo makes its own directory and configuration; leave --data-dir and --config out")
        }
    }

    mutating func run() async throws {
        try RunCommand.requireConsole(self.globals)
        let place = try DemoPlace()
        var globals = self.globals
        globals.dataDirectory = place.directory + "/data"
        globals.config = place.directory + "/beaver.yaml"
        let rate = self.rate
        let session = ConsoleSession(
            globals: globals,
            options: try RunOptions.parse(["--workers", "6"]),
            isReadOnly: false,
            attaches: false,
            demo: { queue, console in await DemoLoad(queue: queue, console: console, rate: rate).run() }
        )
        do {
            try await session.run()
        } catch {
            Output.error("the demo's files are kept in \(place.directory)")
            throw error
        }
        place.remove()
        self.globals.note("that was a demo; its directory is removed. Your own queue: `beaver-tui run --allow-exec`")
    }
}

/// The scratch directory: a configuration and three scripts.
struct DemoPlace {
    let directory: String

    init() throws {
        let parent = FileManager.default.temporaryDirectory.path
        self.directory = AbsolutePath.of("\(parent)/beaver-demo-\(GeneratedID.make(BootClock.now()).suffix(8))")
        do {
            try FileManager.default.createDirectory(
                atPath: self.directory,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            for (name, text) in Self.files {
                try Data(text.utf8).write(to: URL(filePath: self.directory + "/" + name))
                try FileManager.default.setAttributes(
                    [.posixPermissions: 0o700],
                    ofItemAtPath: self.directory + "/" + name
                )
            }
        } catch {
            throw CommandFailure(.cannotCreate, "\(self.directory) cannot be made; set TMPDIR to a directory with room")
        }
    }

    func remove() {
        // A directory in /tmp that stays is found there by the system's own broom.
        try? FileManager.default.removeItem(atPath: self.directory)
    }

    private static let files: [(String, String)] = [
        (
            "beaver.yaml",
            """
            handlers:
              resize: { command: ["./resize.sh"], timeout: 10s }
              import: { command: ["./import.sh"], timeout: 3s, concurrency: 2, max_retry: 2 }
              report: { command: ["./report.sh"], timeout: 20s, max_retry: 1 }

            """
        ),
        (
            "resize.sh",
            """
            #!/bin/sh
            # Works for a moment and says what it did.
            read -r job
            sleep 0.$((100 + $(od -An -N2 -tu2 /dev/urandom) % 700))
            echo "resized $job"

            """
        ),
        (
            "import.sh",
            """
            #!/bin/sh
            # Meets a lock now and then (75: try later), or waits for it too long.
            read -r job
            case $(($(od -An -N1 -tu1 /dev/urandom) % 6)) in
            0) echo "lock held by pid $$" >&2; exit 75 ;;
            1) echo "waiting for lock"; sleep 5 ;;
            *) sleep 0.5; echo "imported $job" ;;
            esac

            """
        ),
        (
            "report.sh",
            """
            #!/bin/sh
            # Every fourth report has no data, and no retry helps.
            read -r job
            sleep 0.3
            case $job in
            *[048]}) echo "no such table: sales_$$" >&2; exit 65 ;;
            esac
            echo "report $job written"

            """
        ),
    ]
}

/// Jobs that keep coming, and three hints.
struct DemoLoad: Sendable {
    let queue: @Sendable () -> any QueueControl
    let console: Console
    let rate: Int

    private static let hints = [
        "demo: k crashes the engine under this load; read the proof",
        "demo: Enter opens a job: its runs, its output, why it waits",
        "demo: o groups what failed by error, r there runs a whole kind again",
    ]

    /// Until the task is cancelled.
    func run() async {
        await self.put(40)
        var second = 0
        while !Task.isCancelled {
            if second % 6 == 0, second / 6 < Self.hints.count {
                self.console.post(.acted("demo", .success(Self.hints[second / 6])))
            }
            try? await Task.sleep(for: .seconds(1))
            // A backlog that never ends would be a dull thing to look at.
            if let jobs = try? await self.queue().status().jobs, jobs.pending < 300 { await self.put(self.rate) }
            second += 1
        }
    }

    private func put(_ count: Int) async {
        let jobs = (0..<count).map { _ in
            let number = Int.random(in: 1..<10_000)
            let action = [0: "import", 1: "report"][Int.random(in: 0..<8)] ?? "resize"
            return NewJob(
                id: "demo-\(action)-\(GeneratedID.make(BootClock.now()).suffix(6))",
                payload: Array(#"{"action":"\#(action)","number":\#(number)}"#.utf8),
                action: action
            )
        }
        // During a crash-test nothing answers; the next second tries again.
        _ = try? await self.queue().enqueue(jobs)
    }
}
