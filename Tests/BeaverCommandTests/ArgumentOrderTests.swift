import Testing

@testable import beaver_tui

@Suite struct ArgumentOrderTests {
    @Test(
        "global options before a command move behind it",
        arguments: [
            ("--json status", "status --json"),
            ("--data-dir d --no-ui run --workers 3", "run --data-dir d --no-ui --workers 3"),
            ("--data-dir=d jobs list --limit 3", "jobs list --data-dir=d --limit 3"),
            ("jobs --json list", "jobs list --json"),
            ("-q -c f jobs --json list x", "jobs list -q -c f --json x"),
            ("status --json", "status --json"),
            ("--no-ui", "--no-ui"),
            ("", ""),
            // What comes after the command's words stays where it is, above all behind `--`.
            ("--json enqueue -- ls --json", "enqueue --json -- ls --json"),
            ("enqueue --payload 1 --json", "enqueue --payload 1 --json"),
            // An option that is none of ours ends the search: ArgumentParser says what it thinks of it.
            ("--help", "--help"),
            ("--bad --json status", "--bad --json status"),
            ("--data-dir", "--data-dir"),
            ("--json help jobs", "help --json jobs"),
        ]
    )
    func moves(before: String, after: String) {
        let arguments = before.split(separator: " ").map(String.init)
        let moved = ArgumentOrder.movingGlobalOptions(arguments, groups: ["jobs", "config", "workers"])
        #expect(moved.joined(separator: " ") == after)
    }
}
