/// Callers who wait until a job has ended.
extension Engine {
    /// Answers at once for a job that has ended, else when it does; the answer waits for the log like any other.
    func wait(for id: JobFingerprint, _ ticket: Ticket) {
        guard let number = self.manager.slots.find(id) else {
            // Completed so long ago that only its id is known, or never accepted.
            let isRemembered = self.manager.remembered.find(id) != nil
            let unknown = QueueError(.notFound, "there is no such job to wait for")
            self.answer(ticket, isRemembered ? .done : .failed(unknown))
            return
        }
        if self.manager.slots[number].hasEnded {
            self.answer(ticket, .done)
        } else {
            self.endWaiters[self.manager.slots[number].reference, default: []].append(ticket)
        }
    }

    /// After each event; costs nothing while nobody waits.
    func answerEndWaiters(of job: JobReference) {
        guard let tickets = self.endWaiters[job] else { return }
        if let number = self.manager.slots.find(job), !self.manager.slots[number].hasEnded { return }
        self.endWaiters[job] = nil
        for ticket in tickets { self.answer(ticket, .done) }
    }
}

extension JobSlot {
    fileprivate var hasEnded: Bool {
        switch self.state {
        case .completed, .dead, .cancelled: true
        case .pending, .inFlight: false
        }
    }
}
