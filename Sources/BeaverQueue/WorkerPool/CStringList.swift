/// Strings as `execve` wants them, each ended by a zero byte, in one block that is copied as a whole.
struct CStringList: Sendable, Equatable {
    private(set) var bytes: [UInt8] = []
    private var starts: [Int] = []

    init(_ strings: [String] = []) {
        for string in strings { self.append(string) }
    }

    mutating func append(_ string: String) {
        self.starts.append(self.bytes.count)
        self.bytes.append(contentsOf: string.utf8)
        self.bytes.append(0)
    }

    /// Calls `body` with an array of pointers that ends with a null pointer.
    ///
    /// The pointers are valid during the call only. They are mutable because `execve` is declared so; it changes nothing.
    func withPointers<Answer>(_ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Answer) -> Answer {
        self.bytes.withUnsafeBufferPointer { block in
            var pointers = self.starts.map { start in
                // The block is allocated as bytes, and a C character is a byte.
                UnsafeMutableRawPointer(mutating: block.baseAddress?.advanced(by: start))?
                    .assumingMemoryBound(to: CChar.self)
            }
            pointers.append(nil)
            return pointers.withUnsafeBufferPointer { array in
                // An array with at least one element has an address.
                guard let address = array.baseAddress else { preconditionFailure("an array of pointers is empty") }
                return body(address)
            }
        }
    }
}
