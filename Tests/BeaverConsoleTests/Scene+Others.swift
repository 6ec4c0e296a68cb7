import BeaverConsole
import BeaverQueue

/// Other moments than the one of the drawings.
extension Scene {
    /// A store that was made two seconds ago.
    static var empty: Scene {
        var scene = Scene(view: QueueView(status: QueueStatus()))
        scene.status.state = .running
        scene.status.uptimeSeconds = 2
        scene.status.dataDirectory = "/srv/queue/data"
        scene.status.fileSystem = "ext4"
        scene.status.workers.count = 8
        scene.status.simulated = true
        scene.status.http = "127.0.0.1:9090"
        scene.view.device = "/dev/vda"
        scene.view.freeDiskBytes = 77 << 30
        return scene
    }

    static var paused: Scene {
        var scene = Scene.thumbs
        scene.status.state = .paused
        scene.status.workers.paused = true
        scene.status.workers.busy = 0
        scene.status.jobs.pending += 8
        scene.status.jobs.inFlight = 0
        scene.lists[.running] = []
        return scene
    }

    static var full: Scene {
        var scene = Scene.thumbs
        scene.status.state = .full
        scene.status.reason = "the disk is full: 0 B free at /srv/thumbs/data, 64 MiB are kept for recovery"
        scene.view.freeDiskBytes = 0
        return scene
    }

    /// A million jobs wait; the screen costs what it shows.
    static var million: Scene {
        var scene = Scene.thumbs
        scene.status.jobs.pending = 1_000_000
        scene.status.jobs.completed = 12_345_678
        scene.status.jobs.scheduled = 20_017
        scene.status.jobs.cancelled = 1_204
        scene.status.jobs.purged = 99_120
        scene.status.jobs.forgotten = 7_000_000
        scene.status.jobs.enqueuedTotal = 1_000_000 + 12_345_678 + 20_017 + 8 + 7 + 1_204 + 99_120 + 7_000_000
        scene.status.rates.completedPerSecond = 12_204
        scene.status.rates.enqueuedPerSecond = 11_901
        scene.status.rates.backlogPerSecond = -303
        scene.status.wal.bytes = 9_412_345_678
        scene.status.wal.segments = 141
        scene.status.wal.lastSequence = 61_234_567
        scene.status.wal.syncedSequence = 61_234_567
        scene.view.recordsToReplay = 1_204_331
        scene.view.secondsToRecover = 2.9
        return scene
    }

    /// Names and errors that try to act on a terminal, and such that only look odd.
    static var hostile: Scene {
        let names = [
            "esc\u{1b}[2J\u{1b}[31mred", "bell\u{7}null\u{0}", "rlo\u{202e}gpj.exe", "isolate\u{2067}x\u{2069}",
            "line\nbreak\ttab\rreturn", "画像を縮小する仕事その一", "e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}zalgo",
            "👩\u{200d}💻🦫\u{fe0f}",
        ]
        var scene = Scene.thumbs
        for list in [ViewRequest.List.running, .pending, .scheduled, .completed, .dead] {
            scene.lists[list] = (scene.lists[list] ?? []).prefix(200).enumerated().map { place, job in
                var job = job
                job.id = names[place % names.count] + (place < names.count ? "" : "-\(place)")
                job.work = "\u{9b}31m" + names[(place + 1) % names.count] + " 縮小 \u{1b}]0;title\u{7}"
                job.error = job.error.map { "\u{1b}c" + $0 + "\u{202e}\u{8}" }
                job.waitsBecause = job.waitsBecause.map { $0 + "\u{1b}[H" }
                return job
            }
        }
        scene.view.deadGroups = scene.view.deadGroups.map { group in
            var group = group
            group.error = "\u{1b}[2J" + group.error + "\u{202e}"
            group.examples = [names[0], names[2]]
            return group
        }
        scene.groups = scene.view.deadGroups
        scene.status.dataDirectory = "/srv/\u{1b}[7mq\u{202e}/データ"
        scene.view.events[1].message = "said: \u{1b}[2J\u{7}\u{202e}"
        scene.output = "tick\r\u{1b}[31mred\u{1b}[0m\ttab\n\u{7}\u{8}\u{202e}画像\n"
        return scene
    }

    // MARK: Sheets

    static var commandFile: FileCheck {
        var check = FileCheck(path: "thumbs.txt", form: "commands, one a line")
        check.byteCount = 300_012
        check.seconds = 0.004
        check.jobCount = 5_000
        check.leftOut = 12
        check.firstID = "thumbs-0001"
        check.lastID = "thumbs-5000"
        check.first = "convert in/0001.jpg -resize 400 out/0001.jpg"
        check.last = "convert in/5000.jpg -resize 400 out/5000.jpg"
        check.areCommands = true
        check.workingDirectory = "/srv/thumbs"
        check.entries = (1...5_000).map { number in
            let name = String(repeating: "0", count: 4 - String(number).count) + String(number)
            return FileCheck.Entry(id: "thumbs-\(name)", work: "convert in/\(name).jpg -resize 400 out/\(name).jpg")
        }
        return check
    }

    static var badFile: FileCheck {
        var check = FileCheck(path: "import.json", form: "JSON array")
        check.byteCount = 120_400
        check.jobCount = 1_201
        check.badCount = 3
        check.firstID = "imp-0001"
        check.lastID = "imp-1203"
        check.faults = [
            JobsFault(
                entry: 17,
                line: 52,
                column: 19,
                message: #"unknown field "timeoutms"; did you mean "timeout_ms"?"#
            ),
            JobsFault(
                entry: 611,
                line: 1_840,
                column: 22,
                message: "timeout_ms is -1; allowed is 0 (none) to 86,400,000"
            ),
            JobsFault(
                entry: 1_204,
                line: 3_619,
                column: 1,
                message: "the file ends inside this entry (cut while copied?)"
            ),
        ]
        check.faultLines = [
            #"{"id": "imp-17", "timeoutms": 5000, "payload": {"action": "import", "batch": 17}}"#,
            #"{"id": "imp-611", "timeout_ms": -1, "payload": {}}"#, #"{"id": "imp-12"#,
        ]
        return check
    }

    static var menuFacts: CrashFacts {
        var facts = CrashFacts()
        facts.storeBytes = 1_363_149
        facts.freeBytes = 77 << 30
        facts.runningOnce = 0
        facts.openRequests = 0
        return facts
    }

    /// What a kill at this moment leaves: the eight that ran wait again.
    static func outcome(_ kind: CrashKind) -> CrashOutcome {
        let status = Scene.thumbs.status
        var outcome = CrashOutcome(kind)
        outcome.recovery.seconds = 0.013
        outcome.recovery.snapshotSequence = 11_320
        outcome.recovery.replayedRecords = 74
        outcome.recovery.requeued = 8
        outcome.recovery.orphansEnded = 8
        outcome.recovery.phases = [
            ("lock", 0.000_2), ("identity", 0.000_3), ("snapshot", 0.003_1), ("replay", 0.004_2), ("cut", 0.000_4),
            ("orphans", 0.002), ("epoch", 0.001_1),
        ].map { QueueStatus.Recovery.Phase(name: $0.0, seconds: $0.1) }
        outcome.downSeconds = 0.021
        outcome.replayed = status.jobs
        outcome.after = status
        outcome.after.jobs.pending += 8
        outcome.after.jobs.inFlight = 0
        outcome.sequence = 11_394
        outcome.fingerprintSequence = 11_394
        outcome.fingerprintBefore = "9f3c41d277e0b5a1"
        outcome.fingerprintReplayed = "9f3c41d277e0b5a1"
        outcome.ownCount = 5_000
        outcome.ownChecked = 5_000
        outcome.ownDone = 3_120
        if !kind.isOnCopy { outcome.firstJobSeconds = 0.048 }
        return outcome
    }
}
