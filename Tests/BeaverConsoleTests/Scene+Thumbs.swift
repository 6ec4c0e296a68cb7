import BeaverConsole
import BeaverQueue
import BeaverTestSupport

/// The moment that the drawings of the console tell of: 5,000 commands and 12 imports.
extension Scene {
    /// 14:04:05 in Central Europe.
    static let wall: Int64 = 1_795_611_845_000
    static let accepted: Int64 = wall - 504_799

    static let moment = Moment(
        wallMilliseconds: wall,
        steadyMilliseconds: 1_000_000,
        zoneOffsetSeconds: 3_600,
        zoneName: "CET"
    )

    static func name(_ number: Int) -> String {
        let digits = String(number)
        return "thumbs-" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// Command `number` of thumbs.txt.
    static func thumb(_ number: Int, _ state: JobState) -> JobSummary {
        let digits = self.name(number).dropFirst(7)
        return JobSummary(
            id: self.name(number),
            state: state,
            action: "exec",
            priority: 4,
            runs: state == .pending ? 0 : 1,
            simulated: false,
            enqueuedAt: self.accepted,
            time: nil,
            error: nil,
            work: "convert in/\(digits).jpg -resize 400 out/\(digits).jpg",
            enqueueSequence: UInt64(number + 20)
        )
    }

    static func bulkImport(_ number: Int, _ state: JobState) -> JobSummary {
        var job = self.thumb(number, state)
        job.id = "import-" + (number < 10 ? "0" : "") + String(number)
        job.action = "import"
        job.work = "./import.sh"
        job.enqueueSequence = UInt64(5_000 + number)
        return job
    }

    static let thumbs = Scene.tellThumbs()

    private static func tellThumbs() -> Scene {
        var scene = Scene(view: QueueView(status: self.thumbsStatus))
        scene.lists[.running] = self.runningThumbs
        scene.lists[.pending] = (3_141...5_000).map { number in
            var job = self.thumb(number, .pending)
            let place = number - 3_140
            job.waitsBecause = "\(Figures.ordinal(place)) in line: all 8 workers are busy"
            return job
        }
        scene.lists[.scheduled] = self.scheduledThumbs
        scene.lists[.completed] = (0..<3_120).map { place in
            var job = self.thumb(3_134 - place, .completed)
            let took = Int64([1_243, 1_402, 1_101, 1_299, 1_180][place % 5])
            job.time = self.wall - 80 - Int64(place) * 160
            job.startedAt = self.wall - 80 - Int64(place) * 160 - took
            job.exitStatus = 0
            return job
        }
        scene.lists[.dead] = self.deadThumbs
        scene.groups = self.thumbGroups
        self.measure(&scene.view)
        self.tellDetails(&scene)
        return scene
    }

    private static var thumbsStatus: QueueStatus {
        var status = QueueStatus()
        status.state = .running
        status.pid = 4_121
        status.uptimeSeconds = 511
        status.version = "1.0.0"
        status.dataDirectory = "/srv/thumbs/data"
        status.fileSystem = "ext4"
        status.jobs.enqueuedTotal = 5_012
        status.jobs.completed = 3_120
        status.jobs.inFlight = 8
        status.jobs.scheduled = 17
        status.jobs.pending = 1_860
        status.jobs.dead = 7
        status.workers.count = 8
        status.workers.busy = 8
        status.rates.completedPerSecond = 6.1
        status.rates.backlogPerSecond = -6.1
        status.wal.bytes = 1_048_576
        status.wal.segments = 1
        status.wal.lastSequence = 11_394
        status.wal.syncedSequence = 11_394
        status.snapshot.count = 1
        status.snapshot.ageSeconds = 6
        status.snapshot.bytes = 314_573
        status.snapshot.lastSequence = 11_320
        status.fingerprint = "9f3c41d277e0b5a1"
        return status
    }

    private static var runningThumbs: [JobSummary] {
        let runs: [(number: Int, tenths: Int64)] = [
            (3_135, 2), (3_136, 9), (3_137, 11), (3_138, 7), (-9, 281), (2_907, 19), (3_139, 4), (3_140, 1),
        ]
        return runs.enumerated().map { place, run in
            var job = run.number < 0 ? self.bulkImport(-run.number, .inFlight) : self.thumb(run.number, .inFlight)
            job.time = self.wall - run.tenths * 100
            job.worker = place + 1
            job.runs = run.number < 0 ? 3 : run.number == 2_907 ? 2 : 1
            job.limitMilliseconds = run.number < 0 ? 30_000 : 600_000
            return job
        }
    }

    private static var scheduledThumbs: [JobSummary] {
        var first = self.bulkImport(11, .scheduled)
        first.priority = 6
        first.runs = 2
        first.time = self.wall + 8_000
        first.error = "exit 75: lock held by pid 881"
        first.waitsBecause = "scheduled for 2026-11-25T13:04:13Z after run 2"
        let others = (0..<16).map { place in
            var job = self.thumb(2_911 + place, .scheduled)
            job.time = self.wall + 19_000 + Int64(place) * 4_000
            job.error = "exit 1: convert: cache resources exhausted 'in/\(self.name(2_911 + place).dropFirst(7)).jpg'"
            job.waitsBecause = "scheduled for 2026-11-25T13:04:24Z after run 1"
            return job
        }
        return [first] + others
    }

    private static var deadThumbs: [JobSummary] {
        let ended: [Int64] = [2, 3, 5, 6, 8, 9]
        let thumbs = (0..<6).map { place in
            var job = self.thumb(411 + place, .dead)
            job.runs = 4
            job.time = self.wall - 367_000 + ended[place] * 1_000 + 2_000
            job.exitStatus = 1
            job.error = "exit 1: convert: unable to open image 'in/041\(1 + place).jpg': No such file"
            return job
        }
        var last = self.bulkImport(2, .dead)
        last.runs = 4
        last.time = self.wall - 370_000
        last.error = "timed out after 30000 ms: waiting for lock (20 s)"
        return thumbs.reversed() + [last]
    }

    private static var thumbGroups: [FailureGroup] {
        func group(
            _ action: String,
            _ ending: String,
            _ error: String,
            _ dead: Int,
            _ waiting: Int,
            _ seconds: (first: Int64, last: Int64),
            _ examples: [String]
        ) -> FailureGroup {
            var group = FailureGroup(
                action: action,
                ending: ending,
                error: error,
                dead: dead,
                waiting: waiting,
                firstAt: self.wall - seconds.first * 1_000,
                lastAt: self.wall - seconds.last * 1_000,
                examples: examples,
                filter: JobFilter()
            )
            group.filter.states = dead > 0 ? [.dead] : [.scheduled]
            group.filter.action = action
            return group
        }
        return [
            group(
                "exec",
                "exit 1",
                "exit #: convert: unable to open image 'in/#.jpg': No such file",
                6,
                0,
                (363, 356),
                ["thumbs-0411", "thumbs-0412", "thumbs-0413"]
            ),
            group(
                "exec",
                "exit 1",
                "exit #: convert: cache resources exhausted 'in/#.jpg'",
                0,
                16,
                (474, 4),
                ["thumbs-2911", "thumbs-2912", "thumbs-2913"]
            ),
            group(
                "import",
                "time-out",
                "timed out after # ms: waiting for lock (# s)",
                1,
                0,
                (370, 370),
                ["import-02"]
            ),
            group("import", "exit 75", "exit #: lock held by pid #", 0, 1, (25, 7), ["import-11"]),
        ]
    }

    private static func measure(_ view: inout QueueView) {
        view.deadGroups = self.thumbGroups.filter { $0.dead > 0 }
        view.syncSeconds = QueueView.Percentiles(p50: 0.000_4, p99: 0.001_1)
        view.runSeconds = QueueView.Percentiles(p50: 1.2, p99: 1.9)
        view.waitSeconds = QueueView.Percentiles(p50: 242, p99: 505)
        view.completedEachSecond = [5, 6, 6, 7, 6, 6, 8, 6, 6, 7, 6, 6, 6, 7, 6, 8, 6, 6, 7, 6]
        view.failedEachSecond = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
        view.recordsToReplay = 74
        view.secondsToRecover = 0.021
        view.device = "/dev/vda"
        view.freeDiskBytes = 77 << 30
        view.nextDue = self.wall + 8_000
        view.completedKeep = 100_000
        view.events = [
            QueueEvent(
                number: 1,
                time: self.wall - 7_000,
                level: .warning,
                message: "import-11: exit 75: lock held by pid 881; tried again in 15000 ms"
            ),
            QueueEvent(
                number: 2,
                time: self.wall - 6_000,
                level: .info,
                message: "snapshot at record 11,320, 0.3 MiB in 9 ms: log and live state agree"
            ),
        ]
    }

    // MARK: One job

    private static let limits = [
        JobLimit(.timeout, 30_000, from: "handler import, /srv/thumbs/beaver.yaml:4"),
        JobLimit(.maxRetry, 3, from: "the job"), JobLimit(.maxInterrupted, 3, from: "default"),
        JobLimit(.backoffBase, 1_000, from: "default"),
        JobLimit(.backoffMax, 15_000, from: "worker.backoff.max, /srv/thumbs/beaver.yaml:9"),
        JobLimit(.concurrency, 2, from: "handler import, /srv/thumbs/beaver.yaml:4"),
    ]

    private static func tellDetails(_ scene: inout Scene) {
        if let dead = scene.lists[.dead]?.last {
            scene.details[dead.id] = JobDetails.sample(
                dead,
                payload: #"{"action":"import","batch":2,"source":"s3://in/2026-11-24","password":"hunter2"}"#,
                history: self.deadRuns
            )
            scene.details[dead.id]?.limits = self.limits
        }
        if let waiting = scene.lists[.scheduled]?.first {
            var history: [JobRun] = []
            for (number, start, took) in [(1, Int64(25_000), Int64(4_100)), (2, 13_000, 6_000)] {
                history.append(self.run(number, worker: 2 + 2 * number, started: start, took: took, exit: 75))
            }
            scene.details[waiting.id] = JobDetails.sample(
                waiting,
                payload: #"{"action":"import","batch":11,"source":"s3://in/2026-11-24"}"#,
                history: history
            )
            scene.details[waiting.id]?.limits = self.limits
        }
        scene.output = """
            13:57:20 connect db.internal:5432 ok
            13:57:20 reading batch 2
            13:57:21 4,096 rows staged
            13:57:21 lock table staging in exclusive mode
            13:57:21 waiting for lock
            13:57:31 waiting for lock (10 s)
            13:57:41 waiting for lock (20 s)
            [beaver-tui: time-out; SIGTERM after 30.0 s]
            13:57:50 import.sh: caught TERM, cleaning up
            [beaver-tui: it did not end; SIGKILL after 35.0 s]

            """
        scene.records = [
            Inspection.Line(
                sequence: 5_002,
                time: self.accepted,
                event: "ENQUEUE",
                job: "import-02",
                details: "priority=4 action=import payload=98B"
            ),
            Inspection.Line(
                sequence: 6_318,
                time: self.wall - 404_994,
                event: "DISPATCH",
                job: "import-02",
                details: "fence=8589935246"
            ),
            Inspection.Line(
                sequence: 6_746,
                time: self.wall - 369_969,
                event: "DEAD",
                job: "import-02",
                details: "fence=8589935246 error=timed out after 30000 ms"
            ),
        ]
    }

    private static func run(_ number: Int, worker: Int, started: Int64, took: Int64, exit: Int?) -> JobRun {
        var run = JobRun(
            token: 8_589_935_242 + UInt64(number),
            ending: exit == nil ? .timeout : .failed,
            startedAt: self.wall - started,
            endedAt: self.wall - started + took,
            exitStatus: exit,
            error: exit == nil ? "timed out after 30000 ms: waiting for lock (20 s)" : "exit 75: lock held by pid 881",
            outputTail: ""
        )
        run.number = number
        run.worker = worker
        return run
    }

    private static var deadRuns: [JobRun] {
        [
            self.run(1, worker: 3, started: 504_000, took: 30_100, exit: nil),
            self.run(2, worker: 5, started: 473_000, took: 30_100, exit: nil),
            self.run(3, worker: 1, started: 441_000, took: 30_100, exit: nil),
            self.run(4, worker: 2, started: 405_000, took: 35_000, exit: nil),
        ]
    }
}
