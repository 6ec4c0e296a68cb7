import BeaverConsole
import BeaverQueue
import Testing

@Suite struct FilterTextTests {
    private func read(_ text: String) -> JobFilter { FilterText.read(text).filter }

    @Test func words() {
        #expect(self.read("resize me").text == "resize me")
        #expect(self.read("action:resize").action == "resize")
        #expect(self.read("error:timeout").error == "timeout")
        #expect(self.read(#"error:"waiting for lock" import"#).error == "waiting for lock")
        #expect(self.read(#"error:"waiting for lock" import"#).text == "import")
        #expect(self.read("id:thumbs-").id == "thumbs-*")
        #expect(self.read("id:*-01?").id == "*-01?")
        #expect(self.read("age>30s").olderThanMilliseconds == 30_000)
        #expect(self.read("age>2h state:dead").olderThanMilliseconds == 7_200_000)
        #expect(self.read("age>250ms").olderThanMilliseconds == 250)
        #expect(self.read("age>1h30m").olderThanMilliseconds == 5_400_000)
    }

    @Test func states() {
        #expect(self.read("state:dead,scheduled").states == [.dead, .scheduled])
        #expect(self.read("state:running").states == [.inFlight])
        #expect(self.read("state:done").states == [.completed])
        #expect(self.read("state:simulated").simulatedOnly)
        for state in JobState.allCases { #expect(self.read("state:\(state.rawValue)").states == [state]) }
    }

    @Test func whatIsUnknownIsText() {
        #expect(self.read("http://x").text == "http://x")
        #expect(self.read("action:").text == "action:")
        #expect(self.read("\"").text == nil)
        #expect(self.read("").text == nil)
    }

    @Test(arguments: ["state:daed", "age>soon", "age>-1s", "age>-1ms", "age>99999999999999999999d", "age>"])
    func whatIsWrongIsSaid(text: String) { #expect(FilterText.read(text).fault != nil) }

    @Test func theFaultStandsAboveThePrompt() {
        var stage = Stage(.thumbs)
        stage.press("/")
        stage.type("state:daed")
        #expect(stage.shows("state:daed? there are pending, scheduled"))
    }
}

@Suite struct JSONIndentTests {
    @Test func membersStandBelowOneAnother() {
        #expect(
            JSONIndent.lines(of: #"{"b":1,"a":[true,{"x":null}],"e":{},"f":[]}"#) == [
                "{", #"  "b": 1,"#, #"  "a": ["#, "    true,", "    {", #"      "x": null"#, "    }", "  ],",
                #"  "e": {},"#, #"  "f": []"#, "}",
            ]
        )
        #expect(JSONIndent.lines(of: "7") == ["7"])
        #expect(JSONIndent.lines(of: #" "a, {b}: \" c" "#) == [#""a, {b}: \" c""#])
    }

    @Test func spacesOfTheTextAreNotShownTwice() {
        #expect(JSONIndent.lines(of: "{ \"a\" :\n 1 }") == ["{", #"  "a": 1"#, "}"])
    }

    @Test func depthIsNoTrap() {
        let depth = 2_000
        let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let lines = JSONIndent.lines(of: text)
        #expect(lines.count == 2 * depth - 1)
        // Set in for as long as there is room: a payload of a million short lines would fill the memory with spaces.
        #expect(lines.allSatisfy { $0.utf8.count <= 40 })
    }
}
