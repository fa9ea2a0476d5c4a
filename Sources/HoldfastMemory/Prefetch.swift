// Public, because the bodies that are inlined into other modules call the C functions by name.
public import CHoldfast

/// Asks for the cache line at an address, which need not be mapped. A core keeps some ten such requests in flight.
@inlinable func prefetchForReading(_ address: UnsafeRawPointer) { hf_prefetch(address) }
@inlinable func prefetchForWriting(_ address: UnsafeRawPointer) { hf_prefetch_write(address) }
