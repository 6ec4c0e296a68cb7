extension JobDetails {
    /// The file that holds what a run of the history wrote, if it wrote anything.
    ///
    /// Nil for what is no run.
    package func outputPath(ofRun place: Int, in dataDirectory: String) -> String? {
        guard self.history.indices.contains(place), self.history[place].token != 0 else { return nil }
        return OutputFile.path(
            in: dataDirectory + "/output",
            enqueueSequence: self.summary.enqueueSequence,
            token: self.history[place].token
        )
    }
}
