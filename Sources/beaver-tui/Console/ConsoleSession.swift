import BeaverConsole
import BeaverQueue
import BeaverServer
import FoundationEssentials
import Glibc
import Logging

/// The console from its first screen to the shell's prompt: with the engine inside, or attached to a server.
struct ConsoleSession: Sendable {
    let globals: GlobalOptions
    let options: RunOptions
    let isReadOnly: Bool
    /// A server that owns the directory already is looked at instead of being an error.
    let attaches: Bool
    /// What a demonstration does once the engine runs.
    var demo: (@Sendable (_ queue: @escaping @Sendable () -> any QueueControl, Console) async -> Void)?

    func run() async throws {
        let settings = try self.options.settings(self.globals)
        let values = try settings.checked()
        let input = try await StartInput.read(self.options, values)
        try DataDirectory.prepare(values.queue)
        let log = try ConsoleLog(values.queue.dataDirectory)
        let reload = Reload(
            globals: self.globals,
            options: self.options,
            settings: settings,
            logger: self.globals.logger(descriptor: log.descriptor)
        )
        let host = SessionHost(reload, values, isDemo: self.demo != nil)
        let isEmbedded = try await self.enter(host)
        let console = Console(
            settings: self.modelSettings(values),
            look: self.look,
            host: host,
            isEmbedded: isEmbedded,
            errorDescriptor: log.descriptor
        )
        host.console = console
        // The console is on the screen while the engine recovers; the task ends with the console.
        let work = Task {
            if isEmbedded { await self.work(host, input, console) }
        }
        do {
            let frames = try await console.run()
            host.logger.info("console ended: \(frames)")
        } catch {
            work.cancel()
            await host.quit(.now)
            throw error
        }
        work.cancel()
        // Where the jobs at the start are refused the engine runs, and nobody has ended it.
        if host.failure != nil { await host.quit(.now) }
        try await self.leave(host)
    }

    /// The lock is taken first, never looked at first: whoever has it runs the engine.
    private func enter(_ host: SessionHost) async throws -> Bool {
        do throws(QueueError) {
            try await host.embed()
            return true
        } catch {
            guard error.code == .locked, self.attaches,
                let client = try await Connection.server(of: self.globals.directory())
            else { throw error }
            host.attach(client)
            return false
        }
    }

    /// Recovery, then what the command line wants taken; the console is on the screen meanwhile.
    private func work(
        _ host: SessionHost,
        _ input: (input: JobInput, checked: JobInput.Checked)?,
        _ console: Console
    ) async {
        do {
            try await host.start()
            if let input {
                let result = try await input.input.take(input.checked, into: host.queue)
                host.remember(input.checked.jobs.compactMap(\.id), result)
                let text = "\(input.input.file.name): \(EnqueueText.sentence(result))"
                console.post(.acted("enqueue", .success(text)))
            }
            if let demo { await demo({ host.queue }, console) }
            if self.options.untilIdle, let queue = host.queue as? Queue {
                try await queue.waitUntilIdle()
                if !Task.isCancelled { console.post(.endAsked) }
            }
        } catch {
            host.fail(error)
            console.post(.stopped)
        }
    }

    /// One line on the shell: what waits, where, and how to go on.
    private func leave(_ host: SessionHost) async throws {
        if let failure = host.failure { throw failure }
        if let line = host.lastLine { self.globals.note(line) }
    }

    private func modelSettings(_ values: SettingsValues) -> Model.Settings {
        var settings = Model.Settings()
        settings.isReadOnly = self.isReadOnly
        settings.vimKeys = values.usesViKeys
        settings.allowsCrashTest = values.offersCrashTest
        settings.isDemo = self.demo != nil
        settings.allowsExec = values.allowsCommands
        settings.program = ProgramName.typed
        settings.directoryOption = ProgramName.directoryOption(CommandLine.arguments)
        return settings
    }

    private var look: Console.Look {
        // "foreground;background" of the palette; a light background is 7 or 15.
        let ground = ProcessInfo.processInfo.environment["COLORFGBG"]?.split(separator: ";").last.flatMap { Int($0) }
        // The kernel's own console is dark, and would show a question it does not know.
        let isKernels = ProcessInfo.processInfo.environment["TERM"]?.hasPrefix("linux") == true
        return Console.Look(
            allowsColor: Palette(self.globals.color).isOn,
            isLight: ground.map { $0 == 7 || $0 == 15 } ?? (isKernels ? false : nil)
        )
    }
}

/// `beaver.log`, to which everything goes that must not land on the screen.
final class ConsoleLog: Sendable {
    let descriptor: CInt

    init(_ directory: String) throws(QueueError) {
        self.descriptor = try LogFile.open(directory + "/beaver.log")
    }

    deinit { close(self.descriptor) }
}
