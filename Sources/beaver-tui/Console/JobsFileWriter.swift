import BeaverQueue

/// Jobs as a file that `enqueue --file` takes back: the same ids, payloads byte for byte.
enum JobsFileWriter {
    static func text(_ jobs: [JobDetails]) -> [UInt8] {
        var text: [UInt8] = Array("[".utf8)
        for (place, job) in jobs.enumerated() {
            text += Array((place == 0 ? "\n" : ",\n").utf8)
            text += self.entry(job)
        }
        return text + Array("\n]\n".utf8)
    }

    private static func entry(_ job: JobDetails) -> [UInt8] {
        var fields: [(String, [UInt8])] = [("id", JSONText.string(job.summary.id))]
        if let arguments = job.arguments {
            fields.append(("command", self.list(arguments)))
            if let directory = job.workingDirectory { fields.append(("cwd", JSONText.string(directory))) }
            if let environment = job.environment, !environment.isEmpty {
                fields.append(("env", self.list(environment)))
            }
        } else {
            fields.append(("action", JSONText.string(job.summary.action)))
            fields.append(("payload", Array(job.payload.utf8)))
        }
        if let limit = job.timeoutMilliseconds { fields.append(("timeout_ms", Array(String(limit).utf8))) }
        if let retries = job.maxRetry { fields.append(("max_retry", Array(String(retries).utf8))) }
        if job.summary.priority != 4 { fields.append(("priority", Array(String(job.summary.priority).utf8))) }
        if job.once { fields.append(("once", Array("true".utf8))) }
        var entry: [UInt8] = [UInt8(ascii: "{")]
        for (place, field) in fields.enumerated() {
            if place > 0 { entry.append(UInt8(ascii: ",")) }
            entry += JSONText.string(field.0) + [UInt8(ascii: ":")] + field.1
        }
        return entry + [UInt8(ascii: "}")]
    }

    private static func list(_ texts: [String]) -> [UInt8] {
        [UInt8(ascii: "[")] + texts.map { JSONText.string($0) }.joined(separator: [UInt8(ascii: ",")])
            + [UInt8(ascii: "]")]
    }
}
