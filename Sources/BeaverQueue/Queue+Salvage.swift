/// Saving what a damaged store still holds.
extension Queue {
    /// Writes all that can be read of a stopped queue to a new directory and says what could not be; changes nothing else.
    ///
    /// Throws `cannotCreate` if `newDirectory` is in use, `damaged` if not even the store's identity can be read.
    public static func salvage(_ dataDirectory: String, to newDirectory: String) throws(QueueError) -> Salvage {
        try Salvage.run(
            AbsolutePath.of(dataDirectory),
            to: AbsolutePath.of(newDirectory),
            storage: FileStorage(),
            wallMilliseconds: BootClock.now().wallMilliseconds
        )
    }
}
