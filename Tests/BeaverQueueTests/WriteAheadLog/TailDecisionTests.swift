import Testing

@testable import BeaverQueue

@Suite struct TailDecisionTests {
    /// The table of `TailDecision`: each input is in exactly one row.
    @Test func everyInputIsInExactlyOneRow() {
        typealias Row = (matches: (TailDecision.Evidence) -> Bool, decision: TailDecision)
        let rows: [Row] = [
            ({ !$0.hasBytes && !$0.hasLaterFrames && !$0.watermarkExceedsLastGood }, .clean),
            ({ $0.hasBytes && !$0.hasLaterFrames && !$0.watermarkExceedsLastGood }, .torn(row: "B")),
            ({ !$0.hasBytes && $0.hasLaterFrames && !$0.watermarkExceedsLastGood }, .torn(row: "C")),
            ({ $0.hasBytes && $0.hasLaterFrames && !$0.watermarkExceedsLastGood }, .torn(row: "D")),
            ({ $0.watermarkExceedsLastGood }, .damaged),
        ]
        for hasBytes in [false, true] {
            for hasLaterFrames in [false, true] {
                for exceeds in [false, true] {
                    let evidence = TailDecision.Evidence(
                        hasBytes: hasBytes,
                        hasLaterFrames: hasLaterFrames,
                        watermarkExceedsLastGood: exceeds
                    )
                    let matching = rows.filter { $0.matches(evidence) }
                    #expect(matching.count == 1)
                    #expect(matching.first?.decision == TailDecision(evidence))
                }
            }
        }
    }
}
