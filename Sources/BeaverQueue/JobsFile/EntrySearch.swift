/// Finds where the entries of an array go on behind one that is no JSON.
///
/// What is taken for an entry must be one: an object inside of the broken entry could look like a job. So an entry is an
/// object behind a comma, in the column of its line in which the broken one stood in its own, and one of these holds:
/// - no bracket since the broken entry began is open, and no string was cut;
/// - a string was cut (no string of JSON holds a line feed, so it ends with its line), and the broken entry is one line
///   whose brackets balance if quotes are not looked at;
/// - the broken entry is one line, no string in it was cut, and its own bracket alone is open: in an object no other object
///   follows a comma;
/// - the lines of the broken entry after its first are set in, down to a last one that begins with a closing bracket in that
///   column.
///
/// A broken entry that does not begin its line has no such column: there only the first holds.
struct EntrySearch: Equatable {
    private enum Line: Equatable {
        /// That of the broken entry's beginning.
        case first
        /// Behind a first line whose brackets balance and whose end is a comma; nothing but white space so far.
        case behindEntry
        /// The same without the comma, as the last entry is written.
        case behindLastEntry
        /// The array's bracket came next, and nothing else.
        case behindArray
        case later
    }

    /// Bytes before the broken entry in its line, all of them white space; nil: something else stands before it.
    private let indentation: Int?
    private var depth = 0
    private var quotes = JSONQuotes()
    private var hasCutString = false
    /// Open brackets of the first line, in strings or not.
    private var lineDepth = 0
    private var line = Line.first
    /// An object behind a comma was not taken for an entry.
    private var hasPassedOver = false
    private var hasLaterLine = false
    /// Lines after the first begin further right, or with a bracket that closes.
    private var isSetIn = true
    /// The newest line begins with a closing bracket in the column of the broken entry.
    private var lineCloses = false
    /// White space at the beginning of the line reached; nil behind it.
    private(set) var column: Int?
    /// The newest byte that is no white space.
    private var last: UInt8 = 0
    /// Where the newest comma stands in the input, if nothing but white space came after it.
    private(set) var commaAt: Int64?
    /// Refused text before this is noted.
    var notedUpTo: Int64

    init(indentation: Int?, from start: Int64) {
        self.indentation = indentation
        self.notedUpTo = start
    }

    /// Of what was passed over something may have been an entry: not where the array's own end came next.
    var mayHaveMissedEntry: Bool {
        if self.line == .behindArray { return false }
        let hasEndedArray = self.depth == -1 && self.last == ASCII.closeBracket && !self.hasCutString
        return self.hasPassedOver && !hasEndedArray
    }

    /// Continues over the byte at `place` of the input; true where an entry begins with it.
    mutating func beginsEntry(_ byte: UInt8, at place: Int64) -> Bool {
        if byte == ASCII.newline {
            self.endLine()
            return false
        }
        if ASCII.isWhitespace(byte) {
            self.quotes.breakEscape()
            if let column = self.column { self.column = column + 1 }
            return false
        }
        if byte == ASCII.openBrace, self.last == ASCII.comma {
            if self.isEntryBehindComma { return true }
            self.hasPassedOver = true
        }
        self.leaveLine(byte)
        self.column = nil
        self.last = byte
        self.commaAt = byte == ASCII.comma ? place : nil
        if self.quotes.isInString {
            _ = self.quotes.ends(byte)
        } else {
            self.quotes.begin(byte)
            self.depth += Self.step(byte)
        }
        return false
    }

    /// Of an object behind a comma.
    private var isEntryBehindComma: Bool {
        guard let indentation = self.indentation else {
            return self.depth == 0 && !self.quotes.isInString && !self.hasCutString
        }
        guard self.column == indentation else { return false }
        if self.isSetIn, self.lineCloses { return true }
        if self.hasCutString { return self.line == .behindEntry }
        return self.depth <= 0 || (self.depth == 1 && !self.hasLaterLine)
    }

    private mutating func endLine() {
        if self.quotes.isInString { self.hasCutString = true }
        self.quotes.cut()
        if self.line == .first {
            let ending: Line = self.last == ASCII.comma ? .behindEntry : .behindLastEntry
            self.line = self.lineDepth == 0 ? ending : .later
        }
        self.column = 0
    }

    private mutating func leaveLine(_ byte: UInt8) {
        if self.line != .first, let column = self.column, let indentation = self.indentation {
            if self.isSetIn, self.lineCloses, byte == ASCII.closeBracket, column <= indentation {
                self.line = .behindArray
                return
            }
            self.hasLaterLine = true
            self.lineCloses = column == indentation && Self.step(byte) < 0
            if column <= indentation, !self.lineCloses { self.isSetIn = false }
        }
        switch self.line {
        case .first: self.lineDepth += Self.step(byte)
        case .behindLastEntry where byte == ASCII.closeBracket: self.line = .behindArray
        case .behindEntry, .behindLastEntry, .behindArray: self.line = .later
        case .later: break
        }
    }

    private static func step(_ byte: UInt8) -> Int {
        switch byte {
        case ASCII.openBrace, ASCII.openBracket: 1
        case ASCII.closeBrace, ASCII.closeBracket: -1
        default: 0
        }
    }
}
