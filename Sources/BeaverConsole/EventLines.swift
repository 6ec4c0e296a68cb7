internal import BeaverQueue

/// The events pane, line by line: where there is room for many, a long message goes on below itself.
struct EventLines {
    typealias Line = (time: String, text: String, style: Style)

    let all: [Line]

    init(_ model: Model, columns: Int, wraps: Bool) {
        self.all = model.events.flatMap { event -> [Line] in
            let style: Style =
                switch event.level {
                case .info: .plain
                case .warning: .warning
                case .error: .bad
                }
            // A level is told by a word too.
            let word = event.level == .error ? "ERROR " : event.level == .warning ? "warning: " : ""
            let text = word + event.message
            let pieces = wraps ? TextWidth.wrap(text, to: columns) : [TextWidth.cut(text, to: columns)]
            return pieces.enumerated().map { place, piece in
                (place == 0 ? model.moment.time(event.time) : "", piece, style)
            }
        }
    }

    /// As the main screen shows them now.
    init(_ model: Model) {
        let layout = MainLayout(model)
        self.init(
            model,
            columns: (layout.area(of: .events)?.columns ?? model.size.columns) - 13,
            wraps: layout.form != .wide
        )
    }
}
