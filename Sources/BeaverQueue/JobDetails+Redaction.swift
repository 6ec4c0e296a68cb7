extension JobDetails {
    /// Errors are redacted always, as they are in lists; what was given to the job and what it wrote unless `reveals`.
    func redacted(_ redaction: Redaction, reveals: Bool) -> JobDetails {
        var details = self
        for (place, run) in self.history.enumerated() where !run.error.isEmpty {
            details.history[place].error = redaction.text(run.error)
        }
        if reveals { return details }
        details.payload = String(decoding: redaction.json(Array(self.payload.utf8)), as: UTF8.self)
        details.arguments = self.arguments.map { Self.redacted($0, redaction) }
        details.environment = self.environment?.map(redaction.text)
        for place in details.history.indices {
            details.history[place].outputTail = redaction.text(details.history[place].outputTail)
        }
        return details
    }

    /// An option's value may stand in the argument after it.
    private static func redacted(_ arguments: [String], _ redaction: Redaction) -> [String] {
        var result: [String] = []
        for (place, argument) in arguments.enumerated() {
            let isValue = place > 0 && redaction.isOption(arguments[place - 1])
            result.append(isValue ? Redaction.mark : redaction.text(argument))
        }
        return result
    }
}
