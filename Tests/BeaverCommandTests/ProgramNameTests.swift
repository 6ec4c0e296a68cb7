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

    @Test func theSameCommandAgainKeepsItsOptions() {
        let typed = ["bin/beaver-tui", "--read-only", "run", "--allow-exec", "--data-dir", "my queue"]
        #expect(
            ProgramName.again(typed, without: ["--read-only"])
                == "bin/beaver-tui run --allow-exec --data-dir 'my queue'"
        )
    }
}
