extension JobsStream {
    /// Reads the entry at the cursor; false if its end is not in the window yet.
    mutating func readEntry(_ window: Span<UInt8>, isLast: Bool) -> Bool {
        let start = self.cursor
        let end = min(window.count, start + self.maxEntryBytes)
        let visible = window.extracting(0..<end)
        var scanner = JSONScanner(offset: start)
        let faultCount = self.faultCount
        do throws(JSONFault) {
            if visible[start] == ASCII.openBrace {
                let outcome = try JobsEntryReader.read(
                    in: visible,
                    scanner: &scanner,
                    number: self.entryCount + 1,
                    options: self.options
                )
                self.entryCount += 1
                self.take(outcome, window, start)
            } else {
                try scanner.skipValue(in: visible)
                // A number may go on in the next piece.
                if scanner.offset == window.count, !isLast { throw JSONFault(.ended, at: window.count) }
                self.entryCount += 1
                self.addFault(window, entry: self.entryCount, at: start, Self.notAnObject(visible[start]))
            }
            self.cursor = scanner.offset
            if self.faultCount > faultCount { self.refused.add(start..<self.cursor) }
            guard self.form != .lines else { return true }
            self.entryIndentation = self.indentation
            self.indentation = nil
            self.form = .array(.afterValue)
            return true
        } catch {
            return self.breakEntry(error, window, visible: visible, isLast: isLast)
        }
    }

    private mutating func take(_ outcome: JobsEntryReader.Outcome, _ window: Span<UInt8>, _ start: Int) {
        switch outcome {
        case .job(let job):
            if let other = self.ledger.entryThatDiffers(from: job, entry: self.entryCount) {
                self.addFault(
                    window,
                    entry: self.entryCount,
                    at: start,
                    "the id \"\(TerminalText.excerpt(job.id ?? ""))\" stands in entry \(other) too, with another payload"
                )
            } else {
                self.jobs.append(job)
            }
        case .refused(let offset, let message):
            self.addFault(window, entry: self.entryCount, at: offset, message)
        }
    }

    /// The entry at the cursor is not JSON up to the window's end: incomplete, too long, or broken.
    private mutating func breakEntry(
        _ fault: JSONFault,
        _ window: Span<UInt8>,
        visible: Span<UInt8>,
        isLast: Bool
    ) -> Bool {
        let start = self.cursor
        let isTooLong = fault.reason == .ended && visible.count - start == self.maxEntryBytes
        if fault.reason == .ended, !isTooLong, !isLast {
            var boundary = JSONBoundary()
            _ = boundary.reachesEnd(in: window, from: start)
            self.boundary = boundary
            return false
        }
        self.entryCount += 1
        if isTooLong {
            let limit = self.maxEntryBytes
            self.addFault(
                window,
                entry: self.entryCount,
                at: start,
                "this entry is longer than \(limit) bytes, or a bracket or quote in it is never closed"
            )
        } else if fault.reason == .ended {
            self.addFault(
                window,
                entry: self.entryCount,
                at: start,
                "the input ends inside this entry; a bracket or quote in it is never closed"
            )
        } else {
            self.addFault(window, entry: self.entryCount, at: fault.offset, fault.sentence)
        }
        self.goOnBehind(fault.offset, window)
        return true
    }

    private mutating func goOnBehind(_ offset: Int, _ window: Span<UInt8>) {
        guard self.form == .lines else { return self.search(self.indentation) }
        var lineFeed = offset - 1
        while lineFeed > self.cursor, window[lineFeed] != ASCII.newline { lineFeed -= 1 }
        let spansLines = lineFeed > self.cursor
        self.form = .skippingLine(toObject: spansLines)
        let start = self.cursor
        self.cursor = spansLines ? lineFeed : offset
        self.refused.add(start..<self.cursor)
    }
}

/// Behind a broken entry of an array.
extension JobsStream {
    /// Looks for the next entry from the cursor on.
    mutating func search(_ indentation: Int?) {
        self.form = .searching(EntrySearch(indentation: indentation, from: self.refused.place(of: self.cursor)))
    }

    mutating func findEntry(_ window: Span<UInt8>, _ search: EntrySearch) -> Bool {
        var search = search
        let start = self.refused.place(of: 0)
        for offset in self.cursor..<window.count {
            guard search.beginsEntry(window[offset], at: start + Int64(offset)) else { continue }
            self.note(&search, upTo: search.commaAt ?? start + Int64(offset))
            self.cursor = offset
            self.indentation = search.column
            self.form = .array(.afterComma)
            return true
        }
        self.cursor = window.count
        // A comma that turns out to be that before the next entry belongs to neither.
        self.note(&search, upTo: search.commaAt ?? start + Int64(window.count))
        self.form = .searching(search)
        return false
    }

    private mutating func note(_ search: inout EntrySearch, upTo end: Int64) {
        self.refused.add(search.notedUpTo..<end)
        search.notedUpTo = end
    }

    /// The input has ended, and no other entry was found.
    mutating func endSearch(_ search: EntrySearch) {
        self.refused.addRest(from: search.notedUpTo)
        guard search.mayHaveMissedEntry else { return }
        self.faultList.addHere("nothing behind entry \(self.entryCount) was read: it has no clear end")
    }
}
