import Foundation

/// A place that breaks a rule of style, and what to write instead.
struct Violation: Sendable, CustomStringConvertible {
    let path: String
    let line: Int
    let remedy: String

    var description: String { "\(self.path):\(self.line): \(self.remedy)" }
}

/// The rules that neither the compiler nor the formatter sees.
///
/// Each is a function of the tree, so that it can be tried on
/// a tree that breaks it.
enum Rules {
    typealias Rule = @Sendable (SourceTree) -> [Violation]

    // MARK: Imports

    /// Our own modules, and which of them each target may import.
    static let arrows: [String: Set<String>] = [
        "Sources/BeaverQueue": ["CBeaver"],
        "Sources/BeaverSimulation": ["BeaverQueue"],
        "Sources/BeaverServer": ["BeaverQueue"],
        "Sources/BeaverConsole": ["BeaverQueue", "CNcurses"],
        "Sources/beaver-tui": ["BeaverConsole", "BeaverServer", "BeaverSimulation", "BeaverQueue"],
        "Tests/BeaverTestSupport": ["BeaverSimulation", "BeaverQueue"],
        "Tests/TidyTests": [],
    ]

    static let ourModules: Set<String> = [
        "BeaverQueue", "BeaverSimulation", "BeaverServer", "BeaverConsole", "BeaverTestSupport", "CBeaver", "CNcurses",
        "beaver_tui",
    ]

    static func importsFollowTheArrows(_ tree: SourceTree) -> [Violation] {
        tree.files.filter(\.isSwift).flatMap { file -> [Violation] in
            guard let (folder, allowed) = self.arrows.first(where: { file.path.hasPrefix($0.key + "/") })
            else { return [] }
            return self.imports(of: file).filter { self.ourModules.contains($0.module) && !allowed.contains($0.module) }
                .map { line, module in
                    let list = allowed.sorted().joined(separator: ", ")
                    return Violation(
                        path: file.path,
                        line: line,
                        remedy: "\(folder) may import only [\(list)] of ours, not \(module): "
                            + "move the code, or hand the value in through a protocol of BeaverQueue"
                    )
                }
        }
    }

    /// What code that only decides may import: the standard library needs no import.
    static let pureModules: Set<String> = ["HeapModule", "DequeModule"]

    /// Single files that only decide, in folders that act.
    static let pureFileNames: Set<String> = ["GroupCommit.swift", "SnapshotSelection.swift", "TailDecision.swift"]

    /// Decides, never acts: no clock, no files, no randomness.
    static func isPure(_ file: SourceFile) -> Bool {
        if file.path.hasPrefix("Sources/BeaverQueue/JobManager/") { return true }
        guard file.path.hasPrefix("Sources/") else { return false }
        if self.pureFileNames.contains(file.name) { return true }
        guard file.path.hasPrefix("Sources/BeaverConsole/") else { return false }
        return ["Update", "View"].contains { prefix in
            file.name == "\(prefix).swift" || file.name.hasPrefix("\(prefix)+")
        }
    }

    static func pureFilesImportNothing(_ tree: SourceTree) -> [Violation] {
        tree.swiftFiles(below: "Sources").filter(self.isPure).flatMap { file -> [Violation] in
            var allowed = self.pureModules
            if file.path.hasPrefix("Sources/BeaverConsole/") { allowed.insert("BeaverQueue") }
            return self.imports(of: file).filter { !allowed.contains($0.module) }.map { line, module in
                Violation(
                    path: file.path,
                    line: line,
                    remedy: "a file that only decides may import only [\(allowed.sorted().joined(separator: ", "))], "
                        + "not \(module): return an action, and let its caller act"
                )
            }
        }
    }

    static func onlyTheTerminalImportsCNcurses(_ tree: SourceTree) -> [Violation] {
        tree.files.filter(\.isSwift).filter { !$0.path.hasPrefix("Sources/BeaverConsole/Terminal/") }
            .flatMap { file in
                self.imports(of: file).filter { $0.module == "CNcurses" }.map { line, _ in
                    Violation(
                        path: file.path,
                        line: line,
                        remedy: "`import CNcurses` belongs in Sources/BeaverConsole/Terminal/: draw into a Screen"
                    )
                }
            }
    }

    // MARK: Words

    /// The folders and files that may ask the outside world.
    static let edges = [
        "Sources/beaver-tui/", "Sources/BeaverServer/", "Sources/BeaverConsole/Terminal/",
        "Sources/BeaverConsole/ConsoleLoop.swift", "Sources/BeaverQueue/System/",
        "Sources/BeaverQueue/Controller/Controller.swift",
        // The front door hands the real clock and the real random bits to what is behind it.
        "Sources/BeaverQueue/Queue.swift", "Sources/BeaverQueue/Queue+", "Sources/BeaverQueue/OfflineQueue.swift",
        // Real processes live by the real clock; what decides about them is apart.
        "Sources/BeaverQueue/WorkerPool/CommandRunner.swift", "Sources/BeaverQueue/WorkerPool/Orphans.swift",
        "Sources/BeaverQueue/WorkerPool/ProcessLoop",
    ]

    static func timeAndRandomnessComeFromTheEdges(_ tree: SourceTree) -> [Violation] {
        let words = [
            "Date(", "Date.now", "ContinuousClock", "SuspendingClock", ".now()", ".random(",
            "SystemRandomNumberGenerator",
            "clock_gettime(", "gettimeofday(", "time(nil)", "getrandom(", "arc4random",
        ]
        return tree.swiftFiles(below: "Sources").filter { file in !self.edges.contains { file.path.hasPrefix($0) } }
            .flatMap { file in
                self.find(words, in: file, remedy: "take the time or the random bits as an argument from the caller")
            }
    }

    static func pureFilesStartNoTask(_ tree: SourceTree) -> [Violation] {
        tree.swiftFiles(below: "Sources").filter(self.isPure).flatMap { file in
            self.find(["Task", "async", "await"], in: file, remedy: "return an action, and let its caller wait")
        }
    }

    /// The engine has one door to the kernel; the programs around it have one for each thing that is no file of the store.
    static let doors = [
        "Sources/BeaverQueue/System/SystemCall.swift", "Sources/BeaverServer/ControlSocket.swift",
        "Sources/beaver-tui/Input/InputFile.swift", "Sources/beaver-tui/Terminal/Output.swift",
        "Sources/beaver-tui/Commands/ConfigCommand.swift",
    ]

    static func onlySystemCallReadsErrno(_ tree: SourceTree) -> [Violation] {
        tree.swiftFiles(below: "Sources").filter { !self.doors.contains($0.path) }.flatMap { file in
            self.find(["errno"], in: file, remedy: "call through SystemCall, which throws the error number")
        }
    }

    static func onlyCommandsPrint(_ tree: SourceTree) -> [Violation] {
        tree.swiftFiles(below: "Sources").filter { !$0.path.hasPrefix("Sources/beaver-tui/") }.flatMap { file in
            self.find(
                ["print(", "debugPrint(", "dump("],
                in: file,
                remedy: "throw or log; only Sources/beaver-tui writes to standard output"
            )
        }
    }

    static func faultsAreSaid(_ tree: SourceTree) -> [Violation] {
        tree.swiftFiles(below: "Sources").flatMap { file in
            self.find(["fatalError("], in: file, remedy: "`preconditionFailure` with a sentence, or throw QueueError")
                + self.find(["try!"], in: file, remedy: "`try`, and let the error out or answer it")
                + self.find(["as!"], in: file, remedy: "`as?` with a `guard`, or a type that needs no cast")
        }
    }

    static func uncheckedConcurrencyIsExplained(_ tree: SourceTree) -> [Violation] {
        let words = ["@unchecked Sendable", "nonisolated(unsafe)", "Task.detached", "Task {"]
        return tree.files.filter(\.isSwift).flatMap { file in
            words.flatMap { word in
                file.lines(with: word).filter { !file.isExplained($0) }.map { line in
                    Violation(
                        path: file.path,
                        line: line,
                        remedy: "`\(word)` needs a comment on the line above that says why it is safe"
                    )
                }
            }
        }
    }

    static func testsDoNotSleep(_ tree: SourceTree) -> [Violation] {
        // The one helper that waits: it polls a condition up to a limit.
        tree.swiftFiles(below: "Tests").filter { $0.path != "Tests/BeaverTestSupport/Eventually.swift" }
            .flatMap { file in
                self.find(
                    ["Task.sleep", "Thread.sleep", "usleep", "nanosleep", "sleep(for:", "sleep(until:"],
                    in: file,
                    remedy: "wait for the event with a limit: `Eventually` of BeaverTestSupport"
                )
            }
    }

    static func nothingIsLeftForLater(_ tree: SourceTree) -> [Violation] {
        // These two name the words they look for.
        let exempt = ["Tests/TidyTests/Rules.swift", "Tests/TidyTests/RulesTests.swift"]
        return tree.files.filter { !exempt.contains($0.path) }.flatMap { file in
            self.find(["TODO", "FIXME"], inLines: file.lines, of: file, remedy: "do it now, or open an issue")
        }
    }

    static func noPathOfOneMachine(_ tree: SourceTree) -> [Violation] {
        // Put together here, so that this file does not break its own rule.
        let folders = ["work", "root", "home", "Users", "opt/swift", "tmp/beaver"].map { "/" + $0 + "/" }
        return tree.files.flatMap { file in
            file.lines.indices.flatMap { index in
                folders.filter { self.startsAPath($0, in: file.lines[index]) }.map { folder in
                    Violation(
                        path: file.path,
                        line: index + 1,
                        remedy:
                            "`\(folder)` exists on one machine: use a path from the package, or a temporary directory"
                    )
                }
            }
        }
    }

    // MARK: Length and place

    static func filesAreShort(_ tree: SourceTree) -> [Violation] {
        tree.files.filter(\.isSwift).compactMap { file in
            let limit = file.path.hasPrefix("Tests/") ? 800 : 500
            guard file.lines.count > limit else { return nil }
            return Violation(
                path: file.path,
                line: file.lines.count,
                remedy:
                    "\(file.lines.count) lines, at most \(limit): one noun a file, `Type+Topic.swift` for extensions"
            )
        }
    }

    static let longestFunction = 70

    static func functionsAreShort(_ tree: SourceTree) -> [Violation] {
        tree.swiftFiles(below: "Sources").flatMap { file in
            FunctionLengths.measure(file).filter { $0.lines > self.longestFunction }.map { function in
                Violation(
                    path: file.path,
                    line: function.start,
                    remedy: "\(function.lines) lines, at most \(self.longestFunction): give each step a name"
                )
            }
        }
    }

    static func oneMarkdownFileAtTheTop(_ tree: SourceTree) -> [Violation] {
        tree.files.filter { $0.path.hasSuffix(".md") && !$0.path.contains("/") && $0.path != "README.md" }.map { file in
            Violation(path: file.path, line: 1, remedy: "a page of its subject in docs/, or a part of README.md")
        }
    }

    // MARK: Finding

    private static func find(_ words: [String], in file: SourceFile, remedy: String) -> [Violation] {
        self.find(words, inLines: file.code, of: file, remedy: remedy)
    }

    private static func find(
        _ words: [String],
        inLines lines: [String],
        of file: SourceFile,
        remedy: String
    ) -> [Violation] {
        words.flatMap { word in
            lines.indices.filter { SourceFile.has(word, in: lines[$0]) }.map {
                Violation(path: file.path, line: $0 + 1, remedy: "instead of `\(word)`: \(remedy)")
            }
        }
    }

    /// A path begins here: what stands before is not a part of a longer path or of an address.
    private static func startsAPath(_ folder: String, in line: String) -> Bool {
        line.ranges(of: folder).contains { range in
            guard range.lowerBound > line.startIndex else { return true }
            let before = line[line.index(before: range.lowerBound)]
            return !before.isLetter && !before.isNumber && !"._-/}$*".contains(before)
        }
    }

    private static func imports(of file: SourceFile) -> [(line: Int, module: String)] {
        file.code.indices.compactMap { index in
            let words = file.code[index].split(separator: " ").map(String.init)
            guard let position = words.firstIndex(of: "import"), position + 1 < words.count,
                words[..<position].allSatisfy({ Self.importModifiers.contains($0) })
            else { return nil }
            let kinds = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
            let name = kinds.contains(words[position + 1]) && position + 2 < words.count ? position + 2 : position + 1
            return (index + 1, String(words[name].prefix { $0 != "." }))
        }
    }

    private static let importModifiers: Set<String> = [
        "public", "package", "internal", "fileprivate", "private", "@testable", "@preconcurrency", "@_exported",
    ]
}

/// Lengths of functions by counting braces in code without comments and strings.
enum FunctionLengths {
    struct Function: Equatable {
        /// The line of the declaration, from 1.
        let start: Int
        /// From the declaration to the closing brace.
        let lines: Int
    }

    static func measure(_ file: SourceFile) -> [Function] {
        file.code.indices.filter { Self.declares(file.code[$0]) }.compactMap { index in
            Self.end(of: index, in: file.code).map { Function(start: index + 1, lines: $0 - index + 1) }
        }
    }

    private static func declares(_ line: String) -> Bool {
        let words = line.split(separator: " ").map(String.init)
        guard let first = words.firstIndex(where: { !Self.isModifier($0) }) else { return false }
        let word = words[first]
        return word == "func" || word == "deinit" || word.hasPrefix("deinit{") || Self.opens("init", word)
            || Self.opens("subscript", word)
    }

    private static func opens(_ keyword: String, _ word: String) -> Bool {
        word.hasPrefix(keyword) && ["(", "<", "?", "!"].contains(word.dropFirst(keyword.count).first)
    }

    private static func isModifier(_ word: String) -> Bool {
        word.hasPrefix("@")
            || [
                "public", "package", "internal", "fileprivate", "private", "open", "static", "class", "final",
                "override",
                "mutating", "nonmutating", "borrowing", "consuming", "required", "convenience", "nonisolated",
                "isolated",
                "indirect", "prefix", "postfix", "infix",
            ].contains(word)
    }

    /// The line of the closing brace; nil for a declaration without a body.
    private static func end(of start: Int, in code: [String]) -> Int? {
        var round = 0
        var braces = 0
        for index in code.indices[start...] {
            if index > start, braces == 0, round == 0, Self.declares(code[index]) { return nil }
            for character in code[index] {
                switch character {
                case "(", "[": round += 1
                case ")", "]": round -= 1
                case "{" where round == 0 || braces > 0: braces += 1
                case "}" where round == 0 || braces > 0:
                    braces -= 1
                    if braces == 0 { return index }
                    if braces < 0 { return nil }
                default: break
                }
            }
        }
        return nil
    }
}
