/// What a piece of the screen means; the theme says how that looks.
///
/// A colour only repeats what a word or a sign already says.
package enum Style: UInt8, Sendable, Equatable, CaseIterable {
    case plain = 1
    /// Less important than its neighbours.
    case dim
    /// The name of the program, of a pane, of a question.
    case title
    case border
    /// The border of the pane that the keys go to.
    case focusedBorder
    /// Column heads.
    case heading
    /// The row under the cursor.
    case cursor
    case marked
    /// In order: SAFE, done, balanced.
    case good
    /// Needs an eye: close to a limit, paused, at risk.
    case warning
    /// Wrong: dead, failed, lost, not balanced.
    case bad
    /// A key to press.
    case key
    /// The bar of work done, and its rest.
    case bar
    case barRest
    /// State in the header.
    case goodBadge
    case warningBadge
    case badBadge
    /// A figure that is looked for.
    case figure
}

/// How meanings look on a terminal.
package struct Theme: Sendable, Equatable {
    package struct Look: Sendable, Equatable {
        /// -1: the terminal's own.
        package var foreground: Int = -1
        package var background: Int = -1
        package var isBold = false
        package var isDim = false
        package var isReverse = false
        package var isUnderlined = false
    }

    /// 0 (none), 8, 16 or 256.
    package let colorCount: Int
    /// The background is light: yellow and bright colours cannot be read on it.
    package let isLight: Bool

    package init(colorCount: Int, isLight: Bool) {
        self.colorCount = colorCount
        self.isLight = isLight
    }

    package func look(of style: Style) -> Look {
        self.colorCount >= 8 ? self.colored(style) : self.plain(style)
    }

    private func plain(_ style: Style) -> Look {
        switch style {
        case .plain, .border, .good, .bar, .barRest, .figure: Look()
        case .dim: Look(isDim: true)
        case .title, .focusedBorder, .key, .warning, .goodBadge, .warningBadge: Look(isBold: true)
        case .heading: Look(isUnderlined: true)
        case .cursor, .badBadge: Look(isReverse: true)
        case .marked: Look(isBold: true, isUnderlined: true)
        case .bad: Look(isBold: true, isUnderlined: true)
        }
    }

    private func colored(_ style: Style) -> Look {
        let rich = self.colorCount >= 256
        let green = rich ? (self.isLight ? 28 : 78) : 2
        let yellow = rich ? (self.isLight ? 130 : 221) : (self.isLight ? 5 : 3)
        let red = rich ? (self.isLight ? 160 : 203) : 1
        let blue = rich ? (self.isLight ? 25 : 75) : (self.isLight ? 4 : 6)
        let grey = rich ? (self.isLight ? 242 : 245) : -1
        switch style {
        case .plain: return Look()
        case .dim: return Look(foreground: grey, isDim: !rich)
        case .title: return Look(foreground: blue, isBold: true)
        case .border: return Look(foreground: rich ? (self.isLight ? 250 : 240) : -1, isDim: !rich)
        case .focusedBorder: return Look(foreground: blue, isBold: true)
        case .heading: return Look(foreground: grey, isBold: !rich)
        case .cursor: return Look(isReverse: true)
        case .marked: return Look(foreground: yellow, isBold: true)
        case .good: return Look(foreground: green)
        case .warning: return Look(foreground: yellow, isBold: true)
        case .bad: return Look(foreground: red, isBold: true)
        case .key: return Look(foreground: blue, isBold: true)
        case .bar: return Look(foreground: green)
        case .barRest: return Look(foreground: grey, isDim: !rich)
        case .goodBadge: return Look(foreground: green, isBold: true)
        case .warningBadge: return Look(foreground: yellow, isBold: true)
        case .badBadge: return Look(foreground: red, isBold: true, isReverse: true)
        case .figure: return Look(isBold: true)
        }
    }
}
