/// What the documents claim.
extension Rules {
    /// Every test and every name of the simulator in the tables of `docs/durability.md` is there: a claim without its proof is
    /// found before a reader looks for it.
    static func durabilityNamesWhatThereIs(_ tree: SourceTree) -> [Violation] {
        let proofs = tree.files.filter { file in
            file.path.hasPrefix("Tests/") || file.path.hasPrefix("test/")
                || file.path.hasPrefix("Sources/BeaverSimulation/")
        }
        let text = proofs.flatMap(\.code).joined(separator: "\n")
        return tree.files.filter { $0.path == "docs/durability.md" }.flatMap { file in
            file.lines.indices.flatMap { place -> [Violation] in
                let line = file.lines[place]
                guard line.hasPrefix("| "), let last = line.split(separator: "|").last else { return [] }
                let quoted = last.split(separator: "`", omittingEmptySubsequences: false)
                let names = quoted.indices.filter { $0 % 2 == 1 }.map { String(quoted[$0]) }
                return names.filter { !SourceFile.has($0, in: text) }.map {
                    Violation(
                        path: file.path,
                        line: place + 1,
                        remedy: "no test is called `\($0)`: name the one that shows it"
                    )
                }
            }
        }
    }

    /// Every type of record has its number in the table of `docs/file-formats.md`.
    static func fileFormatsNumbersEveryRecord(_ tree: SourceTree) -> [Violation] {
        let rows = tree.files.filter { $0.path == "docs/file-formats.md" }.flatMap(\.lines)
            .drop { !$0.hasPrefix("| type | number |") }.prefix { $0.hasPrefix("|") }
        let numbers = rows.flatMap { row in
            row.split(separator: "|", omittingEmptySubsequences: false).dropFirst(2).prefix(1)
                .flatMap { $0.split { !$0.isNumber } }
        }
        return tree.files.filter { $0.path == "Sources/BeaverQueue/WriteAheadLog/Record.swift" }.flatMap { file in
            file.lines.indices.compactMap { place -> Violation? in
                let words = file.lines[place].split(separator: " ")
                guard words.count == 4, words[0] == "case", words[2] == "=", !numbers.contains(words[3]) else {
                    return nil
                }
                return Violation(
                    path: file.path,
                    line: place + 1,
                    remedy: "`\(words[1])` has no row among the records of docs/file-formats.md: say what is in it"
                )
            }
        }
    }
}
