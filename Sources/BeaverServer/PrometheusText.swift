import BeaverQueue

/// The text of `GET /metrics`: every name of the contract, in one list, in the exposition format 0.0.4.
enum PrometheusText {
    static func render(_ status: QueueStatus, _ metrics: QueueMetricsSnapshot = QueueMetricsSnapshot()) -> String {
        var text = Text()
        // Before recovery nothing is known: counters that showed 0 would seem to begin again, and their rates to leap.
        if ![.recovering, .stopped].contains(status.state) {
            self.addJobs(status, metrics, to: &text)
            self.addStorage(status, metrics, to: &text)
        }
        self.addService(status, to: &text)
        return text.result
    }

    private static func addJobs(_ status: QueueStatus, _ metrics: QueueMetricsSnapshot, to text: inout Text) {
        let jobs = status.jobs
        text.counter("queue_jobs_enqueued_total", "Jobs accepted since the queue was created.", jobs.enqueuedTotal)
        if let dispatched = metrics.dispatchedTotal {
            text.counter("queue_jobs_dispatched_total", "Runs started.", dispatched)
        }
        text.counter(
            "queue_jobs_completed_total",
            "Jobs completed since the queue was created.",
            metrics.completedTotal ?? jobs.completed + jobs.forgotten
        )
        text.counter("queue_jobs_failed_total", "Runs that failed.", jobs.failedRunsTotal)
        if let dead = metrics.deadTotal {
            text.counter("queue_jobs_dead_total", "Jobs that died, also those retried or purged since.", dead)
        }
        text.counter("queue_jobs_duplicate_total", "Jobs refused as known, since the start.", jobs.duplicatesTotal)
        text.gauge("queue_jobs_pending", "Jobs that are due.", jobs.pending)
        text.gauge("queue_jobs_scheduled", "Jobs that wait for their time.", jobs.scheduled)
        text.gauge("queue_jobs_parked", "Jobs whose action has no handler.", jobs.parked)
        text.gauge("queue_jobs_in_flight", "Jobs that are running.", jobs.inFlight)
        text.gauge("queue_jobs_dead", "Jobs that used up their runs.", jobs.dead)
        text.gauge("queue_oldest_pending_age_seconds", "Age of the oldest due job.", jobs.oldestPendingSeconds)
        text.histogram("queue_job_latency_seconds", "Enqueue to completion.", metrics.jobLatencySeconds)
        text.histograms(
            "queue_job_run_seconds",
            "Length of a run.",
            metrics.jobRunSeconds.map { ([("action", $0.action)], $0.histogram) }
        )
    }

    private static func addStorage(_ status: QueueStatus, _ metrics: QueueMetricsSnapshot, to text: inout Text) {
        text.gauge("queue_recovery_time_seconds", "Length of the last recovery.", status.recovery.seconds)
        text.gauge("queue_recovery_replayed_records", "Records it replayed.", status.recovery.replayedRecords)
        text.gauge("queue_wal_bytes", "Bytes of log in use.", status.wal.bytes)
        text.gauge("queue_wal_segments", "Log segments.", status.wal.segments)
        text.histogram("queue_wal_sync_seconds", "Length of a sync.", metrics.walSyncSeconds)
        text.gauge(
            "queue_snapshot_age_seconds",
            "Age of the oldest record that no snapshot covers.",
            status.snapshot.ageSeconds
        )
        text.gauge("queue_snapshot_bytes", "Size of the newest snapshot.", status.snapshot.bytes)
        text.histogram("queue_snapshot_seconds", "Time to write a snapshot.", metrics.snapshotSeconds)
        if let free = metrics.freeDiskBytes {
            text.gauge("queue_disk_free_bytes", "Free bytes where the data directory is.", free)
        }
    }

    private static func addService(_ status: QueueStatus, to text: inout Text) {
        text.gauge("queue_workers", "Runs possible at the same time.", status.workers.count)
        text.gauge("queue_workers_busy", "Runs under way.", status.workers.busy)
        text.gauge(
            "queue_workers_stuck",
            "Slots held by runs that did not end when they were killed.",
            status.workers.stuck
        )
        text.gauge("queue_workers_paused", "1 while nothing is started.", status.workers.paused ? 1 : 0)
        text.head("queue_state", "gauge", "1 for the state the queue is in, 0 for the others.")
        for state in QueueStatus.State.allCases {
            text.sample("queue_state", [("state", state.rawValue)], state == status.state ? 1 : 0)
        }
        text.head("queue_build_info", "gauge", "Always 1; the labels tell the build.")
        text.sample("queue_build_info", [("version", status.version)], 1)
    }

    /// The lines under way.
    struct Text {
        private(set) var result = ""

        mutating func counter(_ name: String, _ help: String, _ value: Int) {
            self.head(name, "counter", help)
            self.sample(name, [], Double(value))
        }

        mutating func gauge(_ name: String, _ help: String, _ value: some BinaryInteger) {
            self.gauge(name, help, Double(value))
        }

        mutating func gauge(_ name: String, _ help: String, _ value: Double) {
            self.head(name, "gauge", help)
            self.sample(name, [], value)
        }

        mutating func histogram(_ name: String, _ help: String, _ histogram: QueueMetricsSnapshot.Histogram?) {
            self.histograms(name, help, histogram.map { [([], $0)] } ?? [])
        }

        /// Nothing at all where there is none: an empty histogram would say that nothing ever happened.
        mutating func histograms(
            _ name: String,
            _ help: String,
            _ series: [(labels: [(String, String)], histogram: QueueMetricsSnapshot.Histogram)]
        ) {
            guard !series.isEmpty else { return }
            self.head(name, "histogram", help)
            for (labels, histogram) in series {
                var cumulative: UInt64 = 0
                for (bound, count) in zip(histogram.upperBounds, histogram.counts) {
                    cumulative += count
                    self.sample(name + "_bucket", labels + [("le", Self.number(bound))], Double(cumulative))
                }
                self.sample(name + "_bucket", labels + [("le", "+Inf")], Double(histogram.count))
                self.sample(name + "_sum", labels, histogram.sum)
                self.sample(name + "_count", labels, Double(histogram.count))
            }
        }

        mutating func head(_ name: String, _ type: String, _ help: String) {
            self.result += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
        }

        mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Double) {
            self.result += name
            if !labels.isEmpty {
                let pairs = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }
                self.result += "{\(pairs.joined(separator: ","))}"
            }
            self.result += " \(Self.number(value))\n"
        }

        static func number(_ value: Double) -> String {
            if value.isNaN { return "NaN" }
            if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
            if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
            return String(value)
        }

        private static func escaped(_ label: String) -> String {
            var result = ""
            for character in label.unicodeScalars {
                switch character {
                case "\\": result += #"\\"#
                case "\"": result += #"\""#
                case "\n": result += #"\n"#
                default: result.unicodeScalars.append(character)
                }
            }
            return result
        }
    }
}
