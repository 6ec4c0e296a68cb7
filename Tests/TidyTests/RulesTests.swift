import Testing

/// Each rule on a small tree that breaks it, and on one that looks like it and does not.
@Suite struct RulesTests {
    private func lines(_ rule: Rules.Rule, _ path: String, _ text: String) -> [Int] {
        rule(SourceTree(files: [SourceFile(path: path, text: text)])).map(\.line)
    }

    @Test func `A claim without its test is found`() {
        let docs = SourceFile(
            path: "docs/durability.md",
            text: "| 1 | `x` | `isThere` |\n| 2 | | `isGone`, `isThere` |"
        )
        let test = SourceFile(path: "Tests/A/ATests.swift", text: "func isThere() {}")
        let found = Rules.durabilityNamesWhatThereIs(SourceTree(files: [docs, test]))
        #expect(found.map(\.line) == [2])
    }

    @Test func `A record without its row is found`() {
        let docs = SourceFile(
            path: "docs/file-formats.md",
            text: "| 3 | 3 |\n\n| type | number | |\n|---|---|---|\n| A, B | 1, 2 | (4) |\n\n| C | 3 | |"
        )
        let source = SourceFile(
            path: "Sources/BeaverQueue/WriteAheadLog/Record.swift",
            text: "case a = 1\ncase b = 2\ncase c = 3\ncase d = 4"
        )
        #expect(Rules.fileFormatsNumbersEveryRecord(SourceTree(files: [docs, source])).map(\.line) == [3, 4])
    }

    @Test func `An import against the arrows is found`() {
        let rule = Rules.importsFollowTheArrows
        #expect(self.lines(rule, "Sources/BeaverQueue/A.swift", "import CBeaver\npackage import BeaverServer") == [2])
        #expect(self.lines(rule, "Sources/BeaverServer/A.swift", "import NIO\nimport struct BeaverConsole.X") == [2])
        #expect(self.lines(rule, "Sources/beaver-tui/A.swift", "import BeaverServer\nimport BeaverQueue") == [])
    }

    @Test func `An import in a pure file is found`() {
        let rule = Rules.pureFilesImportNothing
        #expect(self.lines(rule, "Sources/BeaverQueue/JobManager/Job.swift", "import HeapModule\nimport Glibc") == [2])
        #expect(self.lines(rule, "Sources/BeaverQueue/WriteAheadLog/TailDecision.swift", "import CBeaver") == [1])
        #expect(self.lines(rule, "Sources/BeaverConsole/View+Jobs.swift", "import BeaverQueue\nimport CNcurses") == [2])
        #expect(self.lines(rule, "Sources/BeaverQueue/System/FileStorage.swift", "import Glibc") == [])
    }

    @Test func `A task in a pure file is found`() {
        let rule = Rules.pureFilesStartNoTask
        #expect(self.lines(rule, "Sources/BeaverQueue/JobManager/Job.swift", "let taskName = 1\nTask { }") == [2])
    }

    @Test func `CNcurses outside of Terminal is found`() {
        let rule = Rules.onlyTheTerminalImportsCNcurses
        #expect(self.lines(rule, "Sources/BeaverConsole/Theme.swift", "import CNcurses") == [1])
        #expect(self.lines(rule, "Sources/BeaverConsole/Terminal/Terminal.swift", "import CNcurses") == [])
    }

    @Test func `A clock or a die inside is found`() {
        let rule = Rules.timeAndRandomnessComeFromTheEdges
        let text = "let a = Date()\nlet b = ContinuousClock.now\nlet c = Int.random(in: 0...1)\nlet d = input.now\n"
        #expect(Set(self.lines(rule, "Sources/BeaverQueue/Controller/Engine.swift", text)) == [1, 2, 3])
        #expect(self.lines(rule, "Sources/BeaverQueue/System/FileStorage.swift", text) == [])
    }

    @Test func `errno elsewhere is found`() {
        let rule = Rules.onlySystemCallReadsErrno
        #expect(self.lines(rule, "Sources/BeaverQueue/A.swift", "// errno\nlet errnoText = 1\nlet a = errno") == [3])
        #expect(self.lines(rule, "Sources/BeaverQueue/System/SystemCall.swift", "let a = errno") == [])
    }

    @Test func `print elsewhere is found`() {
        let rule = Rules.onlyCommandsPrint
        #expect(self.lines(rule, "Sources/BeaverQueue/A.swift", "\"print(1)\"\nprint(s)\nfingerprint(s)") == [2])
        #expect(self.lines(rule, "Sources/beaver-tui/A.swift", "print(1)") == [])
    }

    @Test func `A silent or rude fault is found`() {
        let text = "fatalError(\"x\")\ntry! a()\nlet b = a as! B\nlet c = a as? B\npreconditionFailure(\"never\")"
        #expect(self.lines(Rules.faultsAreSaid, "Sources/BeaverQueue/A.swift", text) == [1, 2, 3])
        #expect(self.lines(Rules.faultsAreSaid, "Tests/A/A.swift", text) == [])
    }

    @Test func `Unexplained concurrency is found`() {
        let rule = Rules.uncheckedConcurrencyIsExplained
        let text = """
            // Guarded by the lock.
            final class A: @unchecked Sendable {}
            final class B: @unchecked Sendable {}
            Task { run() }
            // Ends with the queue.
            Task.detached { run() }
            """
        #expect(Set(self.lines(rule, "Sources/BeaverQueue/A.swift", text)) == [3, 4])
    }

    @Test func `A sleep in a test is found`() {
        let text = "try await Task.sleep(for: .seconds(1))\nusleep(10)\nlet sleepy = 1"
        #expect(Set(self.lines(Rules.testsDoNotSleep, "Tests/A/A.swift", text)) == [1, 2])
        #expect(self.lines(Rules.testsDoNotSleep, "Sources/BeaverQueue/A.swift", text) == [])
    }

    @Test func `A note for later is found`() {
        #expect(self.lines(Rules.nothingIsLeftForLater, "docs/a.md", "fine\nTODO: more\nmktemp -d XXXXXX") == [2])
        #expect(self.lines(Rules.nothingIsLeftForLater, "Sources/A/A.swift", "// FIXME later") == [1])
    }

    @Test func `A path of one machine is found`() {
        let folder = "/" + "home" + "/someone"
        #expect(self.lines(Rules.noPathOfOneMachine, "Makefile", "all:\n\tcp \(folder)/x .") == [2])
        #expect(self.lines(Rules.noPathOfOneMachine, "Makefile", "\tcp $(HOME)\(folder) data/home/x .") == [1])
        #expect(self.lines(Rules.noPathOfOneMachine, "Makefile", "\tcurl http://example.com\(folder)") == [])
        #expect(self.lines(Rules.noPathOfOneMachine, "Makefile", "\tcp example.com\(folder) \(folder)/x") == [1])
    }

    @Test func `A long file is found`() {
        let text = String(repeating: "let a = 1\n", count: 501)
        #expect(self.lines(Rules.filesAreShort, "Sources/A/A.swift", text) == [501])
        #expect(self.lines(Rules.filesAreShort, "Tests/A/A.swift", text) == [])
    }

    @Test func `A long function is found`() {
        let body = String(repeating: "    work(\"}\") // }\n", count: 69)
        let text = "protocol P { func a() }\nstruct S {\nfunc short() {}\nfunc long() {\n\(body)}\ninit() {}\n}\n"
        #expect(self.lines(Rules.functionsAreShort, "Sources/A/A.swift", text) == [4])
    }

    @Test func `Markdown at the top is found`() {
        #expect(self.lines(Rules.oneMarkdownFileAtTheTop, "NOTES.md", "x") == [1])
        #expect(self.lines(Rules.oneMarkdownFileAtTheTop, "docs/notes.md", "x") == [])
    }

    @Test func `Code is told from comments and strings`() {
        var scanner = CodeScanner(
            ##"""
            a("x // y \(b("z")) \" w") // c
            /* d /* e */ f */ g
            let h = #"i "\#(j)" k"#
            """##
        )
        let code = scanner.codeOnly().split(separator: "\n").map { $0.filter { $0 != " " } }
        #expect(code == [#"a("\(b(""))")"#, "g", ##"leth=#"\#(j)"#"##])
    }
}
