/// The page docs/console.md: its tables are those that handle the keys.
package enum ConsolePage {
    package static var markdown: String { self.head + self.tables(KeyMap()) + self.tail }

    private static let head = """
        # The console

        `beaver-tui` on a terminal shows the queue and lets you work on it: jobs by state, what runs and how close it is to its
        limit, why a job waits, failures by kind, and, always in sight, how safe the data is at this moment. It runs the queue in
        itself, or attaches to the server that holds the directory. `?` shows the keys below.

        - The cursor and the marks belong to jobs, not to rows: a refresh never moves another job under your finger.
        - Before many jobs are changed a question names their count; exactly those are touched, whatever matches later. More than
          100 that would be gone for good are not touched before their count is typed. Pasted text never answers.
        - With `--read-only` no key is bound that changes the queue; `console.crash_test: off` takes the crash-test away.
        - `console.vim_keys: on` makes `h` `j` `k` `l` move; the crash-test is then `X`. Without it `j` is not bound, so that nobody
          who means "up" presses `k`.
        - Text of jobs cannot act on the terminal: control characters and direction overrides are shown as visible signs.

        ## Keys

        Keys of the main screen hold in the other places too where they make sense there.

        """

    private static func tables(_ keys: KeyMap) -> String {
        var text = ""
        for place in Place.allCases where place != .help && place != .recovery {
            let rows = HelpText.rows(keys, place)
            guard !rows.isEmpty else { continue }
            text += "\n### \(place.rawValue)\n\n| key | does |\n|---|---|\n"
            for row in rows {
                let names = row.keys.split(separator: ", ").map { "`\($0)`" }.joined(separator: " ")
                text += "| \(names) | \(row.help) |\n"
            }
        }
        return text
    }

    private static let tail = """

        In a prompt: `Enter` takes the text, `Esc` leaves, `Tab` completes a path, `Up` and `Down` recall what was typed before,
        `Ctrl-a` `Ctrl-e` `Ctrl-u` `Ctrl-w` edit as in a shell.

        The mouse moves the cursor, a second click opens the job, a click on a list's name shows it, the wheel scrolls what it is
        over; it answers no question. Ctrl-z stops an engine in the console too: commands go on, and none of their time is used up.
        Where the terminal is gone, an engine in the console lets running jobs finish, as after `q`.

        """
}
