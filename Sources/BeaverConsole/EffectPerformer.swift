internal import BeaverQueue

/// Does what `update` wants done, and posts what came of it.
struct EffectPerformer: Sendable {
    let host: any ConsoleHost
    let post: @Sendable (Message) -> Void

    func perform(_ effect: Effect) {
        // The terminal's thread must not wait for an answer; each effect answers by a message, so nothing awaits the task.
        Task { await self.run(effect) }
    }

    private func run(_ effect: Effect) async {
        let queue = self.host.queue
        switch effect {
        case .view(let request):
            self.post(.view(await self.result { () async throws(QueueError) in try await queue.view(request) }))
        case .list(let purpose, let filter, let cursor, let limit):
            let result = await self.result { () async throws(QueueError) in
                try await queue.jobs(matching: filter, after: cursor, limit: limit)
            }
            self.post(.list(purpose, result))
        case .details(let id, let reveals):
            let result = await self.result { () async throws(QueueError) in
                try await queue.job(id, reveals: reveals)
            }
            self.post(.details(id, reveals: reveals, result))
        case .records(let id):
            let result = await self.result { () async throws(QueueError) in try await queue.records(of: id) }
            if case .success(let lines) = result { self.post(.records(id, lines)) }
        case .output(let id, let run, let offset):
            let result = await self.result { () async throws(QueueError) in
                try await queue.output(of: id, run: run, from: offset)
            }
            self.post(.output(id, run: run, from: offset, result))
        case .groups:
            var filter = JobFilter()
            filter.states = [.dead, .scheduled]
            self.post(
                .groups(
                    await self.result { [filter] () async throws(QueueError) in try await queue.groups(matching: filter)
                    }
                )
            )
        case .select(let filter, let action, let label):
            let result = await self.result { () async throws(QueueError) in try await queue.select(matching: filter) }
            self.post(.selected(action, label: label, result))
        case .act, .actOn: await self.act(effect, queue)
        case .pause, .setWorkers, .snapshot: await self.operate(effect, queue)
        default: await self.askHost(effect)
        }
    }

    private func result<Value: Sendable>(
        _ body: @Sendable () async throws(QueueError) -> Value
    ) async -> Result<Value, QueueError> {
        do throws(QueueError) {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }

    // MARK: Jobs

    private func act(_ effect: Effect, _ queue: any QueueControl) async {
        switch effect {
        case .act(let action, let selection):
            let result = await self.result { () async throws(QueueError) in
                try await queue.act(action, on: selection)
            }
            self.post(.acted(action.verb, result.map { Self.sentence(action, $0) }))
        case .actOn(let action, let ids):
            var sum = BulkResult(matched: ids.count, done: 0, skipped: 0)
            var last: QueueError?
            for id in ids {
                do throws(QueueError) {
                    switch action {
                    case .retry: try await queue.retry(id)
                    case .cancel: _ = try await queue.cancel(id)
                    case .purge: try await queue.purge(id)
                    }
                    sum.done += 1
                } catch {
                    sum.skipped += 1
                    last = error
                }
            }
            if let last, sum.done == 0 {
                self.post(.acted(action.verb, .failure(last)))
                return
            }
            let text = ids.count == 1 ? "\(ids[0]) \(Self.past(action, 1))" : Self.sentence(action, sum)
            self.post(.acted(action.verb, .success(last.map { "\(text) (\($0.message))" } ?? text)))
        default: break
        }
    }

    private static func past(_ action: BulkAction, _ count: Int) -> String {
        switch action {
        case .retry: count == 1 ? "runs again" : "run again"
        case .cancel: count == 1 ? "is cancelled" : "are cancelled"
        case .purge: count == 1 ? "is purged" : "are purged"
        }
    }

    private static func sentence(_ action: BulkAction, _ result: BulkResult) -> String {
        var text = "\(Figures.count(result.done, "job")) \(self.past(action, result.done))"
        if result.skipped > 0 {
            text += "; \(Figures.grouped(result.skipped)) skipped: changed meanwhile, or not possible in their state"
        }
        return text
    }

    private func operate(_ effect: Effect, _ queue: any QueueControl) async {
        switch effect {
        case .pause(let pauses):
            let result = await self.result { () async throws(QueueError) in
                if pauses { try await queue.pause() } else { try await queue.resume() }
                return pauses ? "paused; running jobs finish" : "the workers go on"
            }
            self.post(.acted("pause", result))
        case .setWorkers(let count):
            let result = await self.result { () async throws(QueueError) in
                try await queue.setWorkers(count)
                return "\(Figures.count(count, "worker")) from now on"
            }
            self.post(.acted("workers", result))
        case .snapshot:
            let result = await self.result { () async throws(QueueError) in
                "snapshot written, covers record \(Figures.grouped(try await queue.snapshot()))"
            }
            self.post(.acted("snapshot", result))
        default: break
        }
    }

    // MARK: The host

    private func askHost(_ effect: Effect) async {
        let host = self.host
        switch effect {
        case .complete(let text): self.post(.completions(text, await host.complete(text)))
        case .check(let path, let limits): self.post(.checked(await host.check(path, limits)))
        case .compare(let path):
            let post = self.post
            let result = await self.result { () async throws(QueueError) in
                try await host.compare { post(.known(path, .success($0))) }
            }
            if case .failure(let error) = result { self.post(.known(path, .failure(error))) }
        case .endComparing: await host.endComparing()
        case .take(let skipsBad):
            let post = self.post
            let result = await self.result { () async throws(QueueError) in
                try await host.take(skipsBad: skipsBad) { post(.takeProgress($0)) }
            }
            self.post(.taken(result))
        case .endTaking: await host.endTaking()
        case .create(let action, let payload):
            let result = await self.result { () async throws(QueueError) in
                "taken: \(try await host.create(action: action, payload: payload))"
            }
            self.post(.acted("create", result))
        case .reload:
            self.post(
                .acted("reload", await self.result { () async throws(QueueError) in try await host.reload() })
            )
        case .write(let ids, let path):
            self.post(.acted("write", await self.write(ids, path)))
        case .saveReport(let lines):
            let result = await self.result { () async throws(QueueError) in
                "the proof is in \(try await host.save(report: lines))"
            }
            self.post(.acted("save", result))
        case .crashFacts: self.post(.crashFacts(await host.crashFacts()))
        case .crash(let kind, let before, let addsLoad):
            self.post(.crashed(await host.crash(kind, before: before, addsLoad: addsLoad)))
        case .askOwn(let number):
            let post = self.post
            await host.askOwn { post(.account(number, $0)) }
        case .endAsking: await host.endAsking()
        case .takeOver:
            let result = await self.result { () async throws(QueueError) in try await host.takeOver() }
            if case .failure(let error) = result {
                self.post(.tookOver(error.message))
            } else {
                self.post(.tookOver(nil))
            }
        case .quit(let kind):
            await host.quit(kind)
            self.post(.stopped)
        default: break
        }
    }

    private func write(_ ids: [String], _ path: String) async -> Result<String, QueueError> {
        let (queue, host) = (self.host.queue, self.host)
        return await self.result { () async throws(QueueError) in
            var jobs: [JobDetails] = []
            for id in ids {
                do throws(QueueError) {
                    jobs.append(try await queue.job(id))
                } catch  where error.code == .notFound {
                    continue
                }
            }
            return "\(Figures.count(jobs.count, "job")) written to \(try await host.write(jobs, to: path))"
        }
    }
}
