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

    /// Appends several at once: the buffer grows once for all of them.
    @inline(__always)
    mutating func appendFields(_ write: (inout FieldWriter) -> Void) {
        withUnsafeTemporaryAllocation(byteCount: FieldWriter.capacity, alignment: 8) { bytes in
            var fields = FieldWriter(bytes: bytes)
            write(&fields)
            self.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[..<fields.count]))
        }
    }

    @inline(__always)
    package mutating func storeLittleEndian<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
        precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= self.count, "store past the end of a buffer")
        self.withUnsafeMutableBytes { $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self) }
    }
}

/// A few numbers one behind the other, as the files have them.
struct FieldWriter {
    static let capacity = 64
    fileprivate let bytes: UnsafeMutableRawBufferPointer
    fileprivate(set) var count = 0

    @inline(__always)
    mutating func put<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        precondition(self.count + MemoryLayout<Value>.size <= Self.capacity, "more fields than there is room for")
        self.bytes.storeBytes(of: value.littleEndian, toByteOffset: self.count, as: Value.self)
        self.count += MemoryLayout<Value>.size
    }

    /// The low 48 bits.
    @inline(__always)
    mutating func put48(_ value: UInt64) {
        self.put(UInt32(truncatingIfNeeded: value))
        self.put(UInt16(truncatingIfNeeded: value >> 32))
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
