/// Reads jobs, a JSON array or one object a line, from input that comes in pieces.
///
/// Memory is bounded by the longest entry, whatever the length of the input: the caller takes the jobs out between two
/// pieces. Where the pieces are cut makes no difference to jobs, faults or places. It decides nothing about enqueueing:
/// a caller that wants the file checked as a whole waits for `finish` before it uses any job.
///
/// After a fault of meaning the reading goes on with the next entry. After a fault of JSON an array goes on where
/// `EntrySearch` is sure of the next entry, if that comes; line-oriented input goes on with the next line, or, if the broken
/// entry spans lines, with the next line that begins with a brace.
package struct JobsStream: JobStream {
    enum Form: Equatable {
        /// Nothing but white space so far.
        case undecided
        /// Inside an array.
        case array(ArrayPlace)
        /// Objects one after the other.
        case lines
        /// Inside or behind a broken entry of an array.
        case searching(EntrySearch)
        /// Behind a broken entry of `lines`.
        case skippingLine(toObject: Bool)
        /// Behind the array.
        case ended
        /// After a fault behind which nothing can be told apart.
        case stopped
    }

    enum ArrayPlace {
        case first
        case afterComma
        case afterValue
    }

    package var jobs: [NewJob] = []
    /// Entries read so far, good and bad.
    package internal(set) var entryCount = 0

    package var refused = RefusedText()

    let options: JobsFileOptions
    let maxEntryBytes: Int
    var form = Form.undecided
    /// White space before the cursor in its line of an array; nil: something else stands there.
    var indentation: Int?
    /// The same of the newest entry.
    var entryIndentation: Int?
    package internal(set) var faultList = JobsFaultList()
    var ledger: JobsIDLedger
    /// Where the reading stands in the current window.
    var cursor = 0
    /// Bytes fed and not yet read: an entry whose end has not come.
    var carry: [UInt8] = []
    var boundary: JSONBoundary?

    package init(options: JobsFileOptions) {
        self.options = options
        self.ledger = JobsIDLedger(capacity: options.comparedIDs)
        // Room for the other fields, and for a payload written with generous white space.
        self.maxEntryBytes = options.maxPayloadBytes + 1 << 20
        if let fault = options.nameFault {
            self.faultList.addHere(fault)
            self.form = .stopped
        }
    }

    package mutating func feed(_ bytes: Span<UInt8>) {
        if self.carry.isEmpty {
            self.read(bytes, isLast: false)
            let rest = self.cursor..<bytes.count
            if !rest.isEmpty { self.carry = bytes.copy(rest) }
            return
        }
        let known = self.carry.count
        bytes.withUnsafeBufferPointer { self.carry.append(contentsOf: $0) }
        if var boundary = self.boundary {
            let reachesEnd = boundary.reachesEnd(in: self.carry.span, from: known)
            self.boundary = boundary
            if !reachesEnd, self.carry.count < self.maxEntryBytes { return }
        }
        self.readCarry(isLast: false)
    }

    package mutating func finish() {
        self.readCarry(isLast: true)
        if case .array = self.form {
            self.faultList.addHere("the array is not closed: ] is missing at the end")
        }
        if case .searching(let search) = self.form { self.endSearch(search) }
        self.form = .stopped
    }

    private mutating func readCarry(isLast: Bool) {
        var window: [UInt8] = []
        swap(&window, &self.carry)
        self.read(window.span, isLast: isLast)
        window.removeFirst(self.cursor)
        swap(&window, &self.carry)
    }

    /// Reads as far as the window allows; `cursor` then stands where the next window must begin.
    private mutating func read(_ window: Span<UInt8>, isLast: Bool) {
        self.boundary = nil
        self.cursor = 0
        self.faultList.beginWindow()
        while self.step(window, isLast: isLast) {}
        self.faultList.pass(to: self.cursor, in: window)
        self.refused.pass(self.cursor)
    }
}

extension JobsStream {
    /// One entry or one piece of punctuation; false when the window has no more of either.
    private mutating func step(_ window: Span<UInt8>, isLast: Bool) -> Bool {
        if case .skippingLine(let toObject) = self.form {
            return self.skipLine(window, toObject: toObject, isLast: isLast)
        }
        if case .searching(let search) = self.form { return self.findEntry(window, search) }
        if self.form == .stopped { self.cursor = window.count }
        var scanner = JSONScanner(offset: self.cursor)
        scanner.skipWhitespace(in: window)
        if case .array = self.form { self.indent(over: self.cursor..<scanner.offset, in: window) }
        self.cursor = scanner.offset
        guard self.cursor < window.count else { return false }
        switch self.form {
        case .undecided: return self.decideForm(window, isLast: isLast)
        case .array(let place): return self.stepArray(window, place, isLast: isLast)
        case .lines: return self.stepLines(window, isLast: isLast)
        case .ended: return self.stop(window, at: self.cursor, "the array ended before this; nothing may follow it")
        case .skippingLine, .searching, .stopped: return false
        }
    }

    private mutating func indent(over whitespace: Range<Int>, in window: Span<UInt8>) {
        for offset in whitespace {
            if window[offset] == ASCII.newline {
                self.indentation = 0
            } else if let indentation = self.indentation {
                self.indentation = indentation + 1
            }
        }
    }

    private mutating func decideForm(_ window: Span<UInt8>, isLast: Bool) -> Bool {
        if window[self.cursor] == 0xef, !isLast, window.count - self.cursor < 3 { return false }
        if JSONScanner.beginsWithByteOrderMark(window.extracting(self.cursor..<window.count)) {
            return self.stop(window, at: self.cursor, JSONFault(.byteOrderMark, at: 0).sentence)
        }
        if window[self.cursor] == ASCII.openBracket {
            self.cursor += 1
            self.form = .array(.first)
        } else {
            self.form = .lines
        }
        return true
    }

    private mutating func stepArray(_ window: Span<UInt8>, _ place: ArrayPlace, isLast: Bool) -> Bool {
        let byte = window[self.cursor]
        switch place {
        case .first where byte == ASCII.closeBracket, .afterValue where byte == ASCII.closeBracket:
            self.cursor += 1
            self.form = .ended
            return true
        case .afterValue where byte == ASCII.comma:
            self.cursor += 1
            self.indentation = nil
            self.form = .array(.afterComma)
            return true
        case .afterValue:
            self.addFault(
                window,
                entry: self.entryCount + 1,
                at: self.cursor,
                JSONFault(.expectedCommaOrBracket, at: 0).sentence
            )
            // Two whole entries with nothing between them: only their comma is missing.
            if byte == ASCII.openBrace { self.form = .array(.afterComma) } else { self.search(self.entryIndentation) }
            return true
        case .afterComma where byte == ASCII.closeBracket:
            return self.stop(window, at: self.cursor, JSONFault(.trailingComma, at: 0).sentence)
        case .first, .afterComma:
            return self.readEntry(window, isLast: isLast)
        }
    }

    private mutating func stepLines(_ window: Span<UInt8>, isLast: Bool) -> Bool {
        let byte = window[self.cursor]
        if byte == ASCII.openBrace { return self.readEntry(window, isLast: isLast) }
        if byte == ASCII.comma {
            self.addFault(
                window,
                entry: self.entryCount,
                at: self.cursor,
                "a comma after an object belongs in an array; put [ and ] around all jobs, or leave the comma out"
            )
            self.cursor += 1
            return true
        }
        self.entryCount += 1
        self.addFault(window, entry: self.entryCount, at: self.cursor, Self.notAnObject(byte))
        self.form = .skippingLine(toObject: false)
        return true
    }

    private mutating func skipLine(_ window: Span<UInt8>, toObject: Bool, isLast: Bool) -> Bool {
        let start = self.cursor
        defer { self.refused.add(start..<self.cursor) }
        while self.cursor < window.count, window[self.cursor] != ASCII.newline { self.cursor += 1 }
        guard self.cursor < window.count else { return false }
        if toObject {
            // The line feed stays until the byte behind it is there to be looked at.
            guard self.cursor + 1 < window.count else {
                if isLast { self.cursor += 1 }
                return false
            }
            if window[self.cursor + 1] == ASCII.openBrace { self.form = .lines }
        } else {
            self.form = .lines
        }
        self.cursor += 1
        return true
    }

    /// Gives up: what follows the fault cannot be told apart any more.
    mutating func stop(_ window: Span<UInt8>, at offset: Int, _ message: String) -> Bool {
        self.addFault(window, entry: 0, at: offset, message)
        // A bracket that closes the array behind a comma too many is no text of a job.
        if window[offset] != ASCII.closeBracket { self.refused.addRest(from: offset) }
        self.form = .stopped
        self.cursor = window.count
        return false
    }

    mutating func addFault(
        _ window: Span<UInt8>,
        entry: Int,
        at offset: Int,
        _ message: @autoclosure () -> String
    ) {
        self.faultList.pass(to: self.cursor, in: window)
        self.faultList.add(entry: entry, at: offset, in: window, message())
    }

    static func notAnObject(_ byte: UInt8) -> String {
        "expected a job here, an object like {\"id\": \"a\", \"payload\": {}}, not \(JSONKind.name(of: byte))"
    }
}
