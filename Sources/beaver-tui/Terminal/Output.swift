import BeaverConsole
import BeaverQueue
import FoundationEssentials
import Glibc

/// Where text goes: results to standard output, everything else to standard error.
///
/// Writes go straight to the descriptor, whole lines at a time, so that nothing is lost in a buffer when the process ends
/// by a signal.
enum Output {
    private struct State {
        var readerIsGone: @Sendable () -> Void = { exit(ExitStatus.done.rawValue) }
        var failure: CInt?
    }

    private static let state = Lock(State())

    /// What is done once whoever read standard output has gone (`| head`).
    ///
    /// There is nobody left to tell, so it is the end of the program, unless it has more to do than to tell.
    static func whenReaderIsGone(_ body: @escaping @Sendable () -> Void) {
        self.state.withLock { $0.readerIsGone = body }
    }

    /// Why results did not get to standard output, as on a full disk; nil if all of them did.
    static var failure: String? {
        self.state.withLock { $0.failure }.map { "standard output cannot be written: \(String(cString: strerror($0)))" }
    }

    static func line(_ text: String) { self.write(text + "\n", to: STDOUT_FILENO) }

    static func text(_ text: String) { self.write(text, to: STDOUT_FILENO) }

    /// A remark or a fault; the commands in it are named as this program was.
    static func error(_ text: String) { self.write(ProgramName.inCommands(text) + "\n", to: STDERR_FILENO) }

    static func bytes(_ bytes: [UInt8]) { self.write(bytes, to: STDOUT_FILENO) }

    /// One object on a line of its own.
    static func json(_ value: some Encodable) throws { self.line(try self.jsonText(value)) }

    static func jsonText(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func isTerminal(_ descriptor: CInt) -> Bool { isatty(descriptor) == 1 }

    /// Why there is no terminal at both ends that can move its cursor, as the middle of a sentence; nil if there is one.
    static var whyNotDrawn: String? {
        switch (self.isTerminal(STDIN_FILENO), self.isTerminal(STDOUT_FILENO)) {
        case (false, false): return "and standard input and output are none"
        case (false, true): return "and standard input is none"
        case (true, false): return "and standard output is none"
        case (true, true): break
        }
        let terminal = ProcessInfo.processInfo.environment["TERM"] ?? ""
        let reason = terminal.isEmpty ? "cannot move a cursor" : Console.whyUnfit
        return reason.map { "and TERM is `\(TerminalText.visible(terminal))`, which \($0)" }
    }

    /// Columns of the terminal; nil if standard output is none, and then nothing is cut.
    static var columns: Int? {
        guard self.isTerminal(STDOUT_FILENO) else { return nil }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Returns 0, or the number of what kept the rest from being written.
    @discardableResult
    static func write(_ text: String, to descriptor: CInt) -> CInt {
        self.write(Array(text.utf8), to: descriptor)
    }

    @discardableResult
    private static func write(_ bytes: [UInt8], to descriptor: CInt) -> CInt {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written >= 0 {
                rest = rest.dropFirst(written)
                continue
            }
            let number = errno
            switch number {
            case EINTR: break
            case EAGAIN:
                // Another program that has the same terminal or pipe open made it so that it does not wait.
                var place = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&place, 1, -1)
            default:
                if descriptor == STDOUT_FILENO { self.fail(number) }
                return number
            }
        }
        return 0
    }

    private static func fail(_ number: CInt) {
        guard number == EPIPE else { return self.state.withLock { $0.failure = $0.failure ?? number } }
        self.state.withLock { $0.readerIsGone }()
    }
}

/// Colour by meaning; nothing but plain text where colour is not wanted.
struct Palette: Sendable {
    let isOn: Bool

    init(_ choice: ColorChoice, environment: [String: String] = ProcessInfo.processInfo.environment) {
        switch choice {
        case .always: self.isOn = true
        case .never: self.isOn = false
        case .auto:
            self.isOn =
                Output.isTerminal(STDOUT_FILENO) && (environment["NO_COLOR"] ?? "").isEmpty
                && environment["TERM"] != "dumb"
        }
    }

    func bad(_ text: String) -> String { self.paint(text, "31") }
    func good(_ text: String) -> String { self.paint(text, "32") }
    func warning(_ text: String) -> String { self.paint(text, "33") }

    private func paint(_ text: String, _ code: String) -> String {
        self.isOn ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}
