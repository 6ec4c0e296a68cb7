import Foundation

/// The files of this package as the rules see them.
///
/// Never writes, never looks outside the package.
struct SourceTree: Sendable {
    let files: [SourceFile]

    /// Read once: every rule looks at the same tree.
    static let package = SourceTree(root: packageRoot)

    private static var packageRoot: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    init(files: [SourceFile]) { self.files = files }

    init(root: URL) {
        let places = ["Sources", "Tests", "test", "docs", ".ci"]
        var paths = places.flatMap { Self.paths(below: $0, of: root) }
        paths += Self.names(in: root).filter { $0 == "Makefile" || $0.hasSuffix(".md") || $0.hasSuffix(".swift") }
        self.files = paths.sorted().compactMap { path in
            guard let bytes = FileManager.default.contents(atPath: root.appendingPathComponent(path).path),
                let text = String(validating: bytes, as: UTF8.self)
            else { return nil }
            return SourceFile(path: path, text: text)
        }
    }

    /// Swift files below a folder.
    func swiftFiles(below folder: String) -> [SourceFile] {
        self.files.filter { $0.path.hasPrefix(folder + "/") && $0.isSwift }
    }

    private static func names(in folder: URL) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    }

    private static func paths(below place: String, of root: URL) -> [String] {
        let folder = root.appendingPathComponent(place).path
        guard let walk = FileManager.default.enumerator(atPath: folder) else { return [] }
        return walk.compactMap { $0 as? String }.map { "\(place)/\($0)" }
    }
}

/// One file: its lines as written, and its lines with comments and the contents of strings blanked out.
struct SourceFile: Sendable {
    /// From the top of the package, with `/`.
    let path: String
    let lines: [String]
    /// For Swift files what the compiler reads; for others the same as `lines`.
    let code: [String]

    var name: String { String(self.path.split(separator: "/").last ?? "") }
    var isSwift: Bool { self.path.hasSuffix(".swift") }

    init(path: String, text: String) {
        self.path = path
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        self.lines = lines
        guard path.hasSuffix(".swift") else {
            self.code = lines
            return
        }
        var scanner = CodeScanner(text)
        let code = scanner.codeOnly().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        self.code = Array(code.prefix(lines.count))
    }

    /// Numbers of the lines (from 1) whose code has `word`, not as a part of a longer identifier.
    func lines(with word: String) -> [Int] {
        self.code.indices.filter { Self.has(word, in: self.code[$0]) }.map { $0 + 1 }
    }

    /// True if the line above `line` (from 1) is a comment.
    func isExplained(_ line: Int) -> Bool {
        line >= 2 && self.lines[line - 2].trimmingCharacters(in: .whitespaces).hasPrefix("//")
    }

    static func has(_ word: String, in line: String) -> Bool {
        var rest = line[...]
        while let range = rest.range(of: word) {
            let before = range.lowerBound > line.startIndex ? line[line.index(before: range.lowerBound)] : " "
            let after = range.upperBound < line.endIndex ? line[range.upperBound] : " "
            let joinsBefore = word.first.map(Self.isWord) == true && Self.isWord(before)
            let joinsAfter = word.last.map(Self.isWord) == true && Self.isWord(after)
            if !joinsBefore, !joinsAfter { return true }
            rest = line[range.upperBound...]
        }
        return false
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }
}

/// Blanks comments and the contents of string literals, so that a rule about code does not read prose.
///
/// Keeps the code of interpolations, and every line's number.
struct CodeScanner {
    private enum Mode {
        /// Code; `depth` counts open parentheses of an interpolation, nil at the top of the file.
        case code(depth: Int?)
        case string(hashes: Int, quotes: Int)
    }

    private let bytes: [UInt8]
    private var position = 0
    private var modes = [Mode.code(depth: nil)]
    private var output: [UInt8] = []

    init(_ text: String) { self.bytes = Array(text.utf8) }

    mutating func codeOnly() -> String {
        self.output.reserveCapacity(self.bytes.count)
        while self.position < self.bytes.count {
            switch self.modes.last {
            case .code(let depth): self.stepCode(depth: depth)
            case .string(let hashes, let quotes): self.stepString(hashes: hashes, quotes: quotes)
            case nil: self.modes.append(.code(depth: nil))
            }
        }
        return String(decoding: self.output, as: UTF8.self)
    }

    private mutating func stepCode(depth: Int?) {
        if self.isAt("//") { return self.blankLine() }
        if self.isAt("/*") { return self.blankComment() }
        let hashes = self.run(of: UInt8(ascii: "#"), from: self.position)
        if self.byte(self.position + hashes) == UInt8(ascii: "\"") {
            let found = self.run(of: UInt8(ascii: "\""), from: self.position + hashes)
            let quotes = found >= 3 ? 3 : 1
            self.keep(hashes + quotes)
            return self.modes.append(.string(hashes: hashes, quotes: quotes))
        }
        if let depth {
            switch self.byte(self.position) {
            case UInt8(ascii: "("): self.modes[self.modes.count - 1] = .code(depth: depth + 1)
            case UInt8(ascii: ")") where depth == 1: self.modes.removeLast()
            case UInt8(ascii: ")"): self.modes[self.modes.count - 1] = .code(depth: depth - 1)
            default: break
            }
        }
        self.keep(1)
    }

    private mutating func stepString(hashes: Int, quotes: Int) {
        let here = self.position
        if self.byte(here) == UInt8(ascii: "\\"), self.run(of: UInt8(ascii: "#"), from: here + 1) >= hashes {
            if self.byte(here + 1 + hashes) == UInt8(ascii: "(") {
                self.keep(2 + hashes)
                return self.modes.append(.code(depth: 1))
            }
            return self.blank(2 + hashes)
        }
        if self.run(of: UInt8(ascii: "\""), from: here) >= quotes,
            self.run(of: UInt8(ascii: "#"), from: here + quotes) >= hashes
        {
            self.keep(quotes + hashes)
            self.modes.removeLast()
            return
        }
        self.blank(1)
    }

    private mutating func blankLine() {
        while let byte = self.byte(self.position), byte != UInt8(ascii: "\n") { self.blank(1) }
    }

    private mutating func blankComment() {
        var depth = 0
        repeat {
            if self.isAt("/*") {
                depth += 1
                self.blank(2)
            } else if self.isAt("*/") {
                depth -= 1
                self.blank(2)
            } else {
                self.blank(1)
            }
        } while depth > 0 && self.position < self.bytes.count
    }

    private func byte(_ index: Int) -> UInt8? { index < self.bytes.count ? self.bytes[index] : nil }

    private func isAt(_ text: StaticString) -> Bool {
        (0..<text.utf8CodeUnitCount).allSatisfy { self.byte(self.position + $0) == text.utf8Start[$0] }
    }

    private func run(of byte: UInt8, from start: Int) -> Int {
        var end = start
        while self.byte(end) == byte { end += 1 }
        return end - start
    }

    private mutating func keep(_ count: Int) {
        for _ in 0..<count { self.copy(blanked: false) }
    }

    private mutating func blank(_ count: Int) {
        for _ in 0..<count { self.copy(blanked: true) }
    }

    private mutating func copy(blanked: Bool) {
        guard let byte = self.byte(self.position) else { return }
        self.output.append(blanked && byte != UInt8(ascii: "\n") ? UInt8(ascii: " ") : byte)
        self.position += 1
    }
}
