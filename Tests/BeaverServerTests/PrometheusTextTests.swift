import BeaverQueue
import Testing

@testable import BeaverServer

@Suite struct PrometheusTextTests {
    private func lines(_ metrics: QueueMetricsSnapshot = QueueMetricsSnapshot()) -> [String] {
        var status = QueueStatus()
        status.state = .paused
        status.version = "1.0\"x\\"
        status.jobs.completed = 7
        status.jobs.forgotten = 3
        status.workers.paused = true
        return PrometheusText.render(status, metrics).split(separator: "\n").map(String.init)
    }

    @Test("every sample stands below a HELP and a TYPE of its own name")
    func everySampleIsDescribed() throws {
        var described = ""
        for line in self.lines() {
            if line.hasPrefix("# HELP ") {
                described = try #require(line.split(separator: " ").dropFirst(2).first.map(String.init))
            } else if line.hasPrefix("# TYPE ") {
                #expect(line.hasPrefix("# TYPE \(described) "))
            } else {
                #expect(line.hasPrefix(described))
            }
        }
    }

    @Test("before recovery nothing is counted: a counter that showed 0 would seem to leap after it")
    func recoveringCountsNothing() {
        for state in [QueueStatus.State.recovering, .stopped] {
            var status = QueueStatus()
            status.state = state
            let text = PrometheusText.render(status)
            #expect(!text.contains("queue_jobs_") && !text.contains("queue_wal_"))
            #expect(text.contains("queue_state{state=\"\(state.rawValue)\"} 1"))
        }
    }

    @Test("the names of the contract")
    func names() {
        let types = self.lines(self.full).filter { $0.hasPrefix("# TYPE") }
        let names = types.compactMap { $0.split(separator: " ").dropFirst(2).first.map(String.init) }
        let expected = [
            "queue_jobs_enqueued_total", "queue_jobs_dispatched_total", "queue_jobs_completed_total",
            "queue_jobs_failed_total", "queue_jobs_dead_total", "queue_jobs_duplicate_total", "queue_jobs_pending",
            "queue_jobs_scheduled", "queue_jobs_parked", "queue_jobs_in_flight", "queue_jobs_dead",
            "queue_oldest_pending_age_seconds", "queue_job_latency_seconds", "queue_job_run_seconds",
            "queue_recovery_time_seconds", "queue_recovery_replayed_records", "queue_wal_bytes", "queue_wal_segments",
            "queue_wal_sync_seconds", "queue_snapshot_age_seconds", "queue_snapshot_bytes", "queue_snapshot_seconds",
            "queue_workers", "queue_workers_busy", "queue_workers_paused", "queue_state", "queue_build_info",
            "queue_workers_stuck", "queue_disk_free_bytes",
        ]
        #expect(names.count == Set(names).count)
        #expect(Set(names) == Set(expected))
    }

    private var full: QueueMetricsSnapshot {
        var metrics = QueueMetricsSnapshot()
        let histogram = QueueMetricsSnapshot.Histogram(upperBounds: [0.5, 1], counts: [2, 1, 4], sum: 12.25)
        metrics.jobLatencySeconds = histogram
        metrics.walSyncSeconds = histogram
        metrics.snapshotSeconds = histogram
        metrics.jobRunSeconds = [.init(action: "resize", histogram: histogram)]
        metrics.dispatchedTotal = 9
        metrics.deadTotal = 2
        metrics.freeDiskBytes = 5
        return metrics
    }

    @Test("buckets are cumulative and end with all")
    func histograms() {
        let lines = self.lines(self.full).filter { $0.hasPrefix("queue_job_run_seconds") }
        #expect(
            lines == [
                #"queue_job_run_seconds_bucket{action="resize",le="0.5"} 2"#,
                #"queue_job_run_seconds_bucket{action="resize",le="1"} 3"#,
                #"queue_job_run_seconds_bucket{action="resize",le="+Inf"} 7"#,
                #"queue_job_run_seconds_sum{action="resize"} 12.25"#,
                #"queue_job_run_seconds_count{action="resize"} 7"#,
            ]
        )
    }

    @Test("values and labels")
    func values() {
        let lines = self.lines()
        #expect(lines.contains("queue_jobs_completed_total 10"))
        #expect(lines.contains("queue_workers_paused 1"))
        #expect(lines.contains(#"queue_state{state="paused"} 1"#))
        #expect(lines.contains(#"queue_state{state="running"} 0"#))
        #expect(lines.contains(#"queue_build_info{version="1.0\"x\\"} 1"#))
    }
}
