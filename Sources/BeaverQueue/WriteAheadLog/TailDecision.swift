/// Torn tail or damage? Decided from what was found behind the last good frame, and from nothing else.
///
/// | row | behind the last good frame | good frames later | a watermark covers more | decision |
/// |---|---|---|---|---|
/// | A | zeros or the end | no | no | clean |
/// | B | bytes that are no frame | no | no | torn: the last group was being written |
/// | C | zeros or the end | yes | no | torn: a later write survived, an earlier one did not |
/// | D | bytes that are no frame | yes | no | torn: as C |
/// | E | anything | any | yes | damaged: what a watermark covers was acknowledged, and it is gone |
///
/// A watermark is a promise that everything up to a sequence number was synced. The greatest one found anywhere counts:
/// in any frame that is valid by itself, in a snapshot, in a clean stop.
package enum TailDecision: Sendable, Equatable {
    case clean
    case torn(row: Character)
    case damaged

    package struct Evidence: Sendable, Equatable {
        package var hasBytes: Bool
        package var hasLaterFrames: Bool
        package var watermarkExceedsLastGood: Bool

        package init(hasBytes: Bool, hasLaterFrames: Bool, watermarkExceedsLastGood: Bool) {
            self.hasBytes = hasBytes
            self.hasLaterFrames = hasLaterFrames
            self.watermarkExceedsLastGood = watermarkExceedsLastGood
        }
    }

    package init(_ evidence: Evidence) {
        switch (evidence.hasBytes, evidence.hasLaterFrames, evidence.watermarkExceedsLastGood) {
        case (false, false, false): self = .clean
        case (true, false, false): self = .torn(row: "B")
        case (false, true, false): self = .torn(row: "C")
        case (true, true, false): self = .torn(row: "D")
        case (_, _, true): self = .damaged
        }
    }
}
