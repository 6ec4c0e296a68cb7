internal import BeaverQueue
internal import CNcurses

/// The terminal, taken for as long as this value lives, and given back exactly once when it ends.
///
/// It cannot be copied, so there is one owner; for every way out that runs no `deinit` (a signal, a trap) CNcurses has
/// handlers that do the same.
struct Terminal: ~Copyable {
    /// What comes from it.
    enum Event {
        case nothing
        case key(Key)
        case mouse(Mouse, row: Int, column: Int)
        case pasteBegins
        case pasteEnds
        case resized(Size)
        case stopAsked
        case endAsked
        case hungUp
    }

    let hasUTF8: Bool
    private var shown: Screen?

    /// Why TERM names nothing that a console can be drawn on; nil if it does.
    static var whyUnfit: String? {
        switch cnc_check() {
        case 0: nil
        case 1: "is not known here: terminfo has no entry for it"
        default: "cannot move a cursor"
        }
    }

    /// Takes the terminal; throws if it cannot be drawn on.
    init(_ look: Console.Look, errorDescriptor: Int32?) throws(QueueError) {
        self.hasUTF8 = cnc_set_locale()
        switch cnc_open(look.allowsColor && look.isLight == nil) {
        case 0: break
        case 1: throw .invalidInput("the terminal type in TERM is not known here; to run without a console: --no-ui")
        default: throw .invalidInput("the terminal cannot be drawn on; to run without a console: --no-ui")
        }
        if let errorDescriptor { cnc_redirect_errors(errorDescriptor) }
        let colors = look.allowsColor ? Int(cnc_color_count()) : 0
        let isLight = look.isLight ?? (UInt32(bitPattern: cnc_background()) == CNC_BACKGROUND_LIGHT.rawValue)
        let theme = Theme(colorCount: colors, isLight: isLight)
        for style in Style.allCases {
            let look = theme.look(of: style)
            var attributes: UInt32 = 0
            if look.isBold { attributes |= CNC_BOLD.rawValue }
            if look.isDim { attributes |= CNC_DIM.rawValue }
            if look.isReverse { attributes |= CNC_REVERSE.rawValue }
            if look.isUnderlined { attributes |= CNC_UNDERLINE.rawValue }
            cnc_define_style(
                Int32(style.rawValue),
                Int32(look.foreground),
                Int32(look.background),
                Int32(attributes)
            )
        }
    }

    deinit { cnc_close() }

    var size: Size {
        var rows: Int32 = 0
        var columns: Int32 = 0
        cnc_size(&rows, &columns)
        return Size(rows: Int(rows), columns: Int(columns))
    }

    /// Shows a screen; only what differs from what is shown is looked at, and nothing is sent if nothing does.
    mutating func show(_ screen: Screen) {
        if let shown = self.shown, shown == screen { return }
        for row in 0..<screen.size.rows {
            let places = screen.difference(from: self.shown, row: row)
            guard !places.isEmpty else { continue }
            let first = row * screen.size.columns
            let cells = screen.cells[first + places.lowerBound..<first + places.upperBound].map {
                cnc_cell(base: $0.base, marks: $0.marks, width: $0.width, style: $0.style.rawValue)
            }
            cnc_draw_row(Int32(row), Int32(places.lowerBound), cells, Int32(cells.count))
        }
        if let cursor = screen.cursor {
            cnc_place_cursor(Int32(cursor.row), Int32(cursor.column))
        } else {
            cnc_place_cursor(-1, 0)
        }
        cnc_flush()
        self.shown = screen
    }

    /// Draws everything again.
    mutating func redraw() {
        self.shown = nil
        cnc_redraw()
    }

    mutating func suspend(_ line: String) {
        cnc_suspend(line)
        self.shown = nil
    }

    func dropTyped() { cnc_drop_typed() }

    /// Waits at most so long for something to happen.
    func wait(milliseconds: Int64) -> Event {
        var event = cnc_event()
        cnc_wait(Int32(clamping: milliseconds), &event)
        let (row, column) = (Int(event.row), Int(event.column))
        switch event.kind {
        case CNC_CHARACTER.rawValue: return Self.key(event.value).map { .key($0) } ?? .nothing
        case CNC_KEY.rawValue: return .key(Self.keys[event.value] ?? .other)
        case CNC_MOUSE.rawValue: return Self.mice[event.value].map { .mouse($0, row: row, column: column) } ?? .nothing
        case CNC_PASTE_BEGIN.rawValue: return .pasteBegins
        case CNC_PASTE_END.rawValue: return .pasteEnds
        case CNC_RESIZED.rawValue: return .resized(Size(rows: row, columns: column))
        case CNC_STOP_ASKED.rawValue: return .stopAsked
        case CNC_SIGNAL.rawValue: return .endAsked
        case CNC_HUNG_UP.rawValue: return .hungUp
        default: return .nothing
        }
    }

    /// Ends `wait`, from any thread.
    static func wake() { cnc_wake() }

    private static func key(_ value: UInt32) -> Key? {
        switch value {
        case 9: return .tab
        case 10, 13: return .enter
        case 27: return .escape
        case 8, 127: return .backspace
        case 0..<32: return Unicode.Scalar(value + 96).map { .control($0) }
        default: return Unicode.Scalar(value).map { .character($0) }
        }
    }

    private static let keys: [UInt32: Key] = [
        CNC_UP.rawValue: .up, CNC_DOWN.rawValue: .down, CNC_LEFT.rawValue: .left, CNC_RIGHT.rawValue: .right,
        CNC_HOME.rawValue: .home, CNC_END.rawValue: .end, CNC_PAGE_UP.rawValue: .pageUp,
        CNC_PAGE_DOWN.rawValue: .pageDown, CNC_BACKSPACE.rawValue: .backspace, CNC_DELETE.rawValue: .delete,
        CNC_ENTER.rawValue: .enter, CNC_BACK_TAB.rawValue: .backTab,
    ]

    private static let mice: [UInt32: Mouse] = [
        CNC_CLICK.rawValue: .click, CNC_WHEEL_UP.rawValue: .wheelUp, CNC_WHEEL_DOWN.rawValue: .wheelDown,
    ]
}
