/// Little-endian integers in byte arrays and spans: the one way this package writes and reads numbers on disk.
extension [UInt8] {
    @inline(__always)
    package mutating func appendLittleEndian<Value: FixedWidthInteger>(_ value: Value) {
        Swift.withUnsafeBytes(of: value.littleEndian) { self.append(contentsOf: $0) }
    }

    /// The low 48 bits: sequence numbers and wall-clock milliseconds.
    @inline(__always)
    package mutating func append48(_ value: UInt64) {
        // Not `prefix`: a slice of raw bytes is copied one by one.
        Swift.withUnsafeBytes(of: value.littleEndian) {
            self.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[..<6]))
        }
    }

    @inline(__always)
    package mutating func storeLittleEndian<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
        precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= self.count, "store past the end of a buffer")
        self.withUnsafeMutableBytes { $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self) }
    }
}

extension RawSpan {
    /// The caller has checked that the bytes are there; past the end traps.
    @inline(__always)
    package func load<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> Value {
        Value(littleEndian: self.unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    @inline(__always)
    package func load48(at offset: Int) -> UInt64 {
        UInt64(self.load(UInt32.self, at: offset)) | UInt64(self.load(UInt16.self, at: offset + 4)) << 32
    }

    package func bytes(_ range: Range<Int>) -> [UInt8] {
        self.extracting(range).withUnsafeBytes { [UInt8]($0) }
    }
}
