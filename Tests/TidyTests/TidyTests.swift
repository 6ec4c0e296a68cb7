import Testing

/// The style rules that a formatter cannot see, each on the whole package.
///
/// A failure says file, line and what to write.
@Suite struct TidyTests {
    private func check(_ rule: Rules.Rule) {
        for violation in rule(SourceTree.package) { Issue.record("\(violation)") }
    }

    /// Without files every other test here would pass.
    @Test func `The tree is found`() {
        #expect(SourceTree.package.files.contains { $0.path == "Package.swift" })
        #expect(SourceTree.package.swiftFiles(below: "Sources").count > 5)
    }

    /// A file that was renamed would be watched no more, and what stands in its old place be allowed.
    @Test func `What the rules name is there`() {
        let files = SourceTree.package.files
        for name in Rules.pureFileNames { #expect(files.contains { $0.name == name }, "\(name)") }
        for place in Rules.edges + Rules.doors + Rules.arrows.keys {
            #expect(files.contains { $0.path.hasPrefix(place) }, "\(place)")
        }
    }

    @Test func `Imports follow the arrows`() { self.check(Rules.importsFollowTheArrows) }

    @Test func `Pure files import nothing but collections`() { self.check(Rules.pureFilesImportNothing) }

    @Test func `Pure files start no task`() { self.check(Rules.pureFilesStartNoTask) }

    @Test func `Only Terminal imports CNcurses`() { self.check(Rules.onlyTheTerminalImportsCNcurses) }

    @Test func `Time and randomness come from the edges`() { self.check(Rules.timeAndRandomnessComeFromTheEdges) }

    @Test func `Only SystemCall reads errno`() { self.check(Rules.onlySystemCallReadsErrno) }

    @Test func `Only commands print`() { self.check(Rules.onlyCommandsPrint) }

    @Test func `Sources hold no fatalError, try! or as!`() { self.check(Rules.faultsAreSaid) }

    @Test func `Unchecked concurrency is explained`() { self.check(Rules.uncheckedConcurrencyIsExplained) }

    @Test func `Tests do not sleep`() { self.check(Rules.testsDoNotSleep) }

    @Test func `Nothing is left for later`() { self.check(Rules.nothingIsLeftForLater) }

    @Test func `No path of one machine`() { self.check(Rules.noPathOfOneMachine) }

    @Test func `Files are short`() { self.check(Rules.filesAreShort) }

    @Test func `Functions are short`() { self.check(Rules.functionsAreShort) }

    @Test func `Documents name tests that exist`() { self.check(Rules.durabilityNamesWhatThereIs) }

    @Test func `The file formats have every record`() { self.check(Rules.fileFormatsNumbersEveryRecord) }

    @Test func `README is the only Markdown at the top`() { self.check(Rules.oneMarkdownFileAtTheTop) }
}
