/// What /proc says of a process; every value may be out of date by the time it is read.
struct ProcessStatus {
    private let state: Substring
    private let flags: UInt64
    let parentProcessID: Int32
    let groupProcessID: Int32
    /// 0 before a new program has found its environment, and for kernel threads.
    private let environmentEnd: UInt64

    /// nil if there is no such process.
    init?(of processID: Int32) {
        guard let text = SystemCall.text(at: "/proc/\(processID)/stat") else { return nil }
        // The second field is the program's name in brackets and may contain anything; count from its end, where the
        // bracket stands for the second field of proc_pid_stat(5).
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        guard fields.count > 49 else { return nil }
        self.state = fields[1]
        self.parentProcessID = Int32(fields[2]) ?? 0
        self.groupProcessID = Int32(fields[3]) ?? 0
        self.flags = UInt64(fields[7]) ?? 0
        self.environmentEnd = UInt64(fields[49]) ?? 0
    }

    /// A zombie or less: it runs no more, and has let go of everything.
    var hasEnded: Bool { self.state == "Z" || self.state == "X" }

    /// PF_EXITING: on its way out, and still holding what it has.
    var isExiting: Bool { self.flags & 0x4 != 0 }

    /// Between two programs: the old memory is gone, and the new one does not say yet where its environment is.
    var isExecuting: Bool {
        let isKernelThread = self.flags & 0x20_0000 != 0
        return self.environmentEnd == 0 && !isKernelThread && !self.hasEnded && !self.isExiting
    }
}
