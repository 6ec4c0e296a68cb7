@preconcurrency import Dispatch
import Glibc

/// Signals as a sequence, for as long as it lives.
final class SignalStream: Sendable {
    let stream: AsyncStream<CInt>
    private let sources: [any DispatchSourceSignal]

    init(_ numbers: [CInt]) {
        let (stream, continuation) = AsyncStream.makeStream(of: CInt.self)
        self.stream = stream
        self.sources = numbers.map { number in
            // Otherwise the signal's default action would end the process before anyone is told.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(number) }
            source.resume()
            return source
        }
    }

    deinit {
        for source in self.sources { source.cancel() }
    }
}
