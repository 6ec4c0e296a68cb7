import Testing

@testable import beaver_tui

/// Commands in messages can be pasted.
@Suite struct ProgramNameTests {
    @Test func theNameIsAsItWasTyped() {
        #expect(ProgramName.typed(["beaver-tui", "run"]) == "beaver-tui")
        #expect(ProgramName.typed(["bin/beaver-tui", "run"]) == "bin/beaver-tui")
        #expect(ProgramName.typed(["a place/it's"]) == #"'a place/it'\''s'"#)
        #expect(ProgramName.typed([]) == "beaver-tui")
    }

    @Test func commandsInMessagesNameTheProgramAndTheDirectory() {
        let typed = ["bin/beaver-tui", "wait", "--data-dir", "my queue"]
        #expect(
            ProgramName.inCommands("`beaver-tui jobs errors` or `beaver-tui stop --data-dir /x`; no beaver-tui", typed)
                == "`bin/beaver-tui jobs errors --data-dir 'my queue'` or `bin/beaver-tui stop --data-dir /x`; "
                + "no beaver-tui"
        )
        let short = ProgramName.inCommands("`beaver-tui run`", ["beaver-tui", "--data-dir=q"])
        #expect(short == "`beaver-tui run --data-dir q`")
        #expect(ProgramName.inCommands("nothing to paste", typed) == "nothing to paste")
    }

    @Test func theSameCommandAgainKeepsItsOptions() {
        let typed = ["bin/beaver-tui", "--read-only", "run", "--allow-exec", "--data-dir", "my queue"]
        #expect(
            ProgramName.again(typed, without: ["--read-only"])
                == "bin/beaver-tui run --allow-exec --data-dir 'my queue'"
        )
    }
}
