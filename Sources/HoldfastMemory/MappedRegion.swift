import CHoldfast

/// Memory straight from the kernel: one range of addresses, zero at first, backed by pages as they are touched.
///
/// The tables of a lane live in such regions because addresses stay put while a table grows, so growing never
/// copies or pauses, and because huge pages nearly halve what a random access costs. The size is a promise of
/// addresses and costs nothing until it is used. That is why the tables ask for far more than they expect to need.
///
/// A region has one owner, and `deinit` gives everything back. It may move to another thread with its owner:
/// that is the whole of the `@unchecked` below. Whoever takes a pointer from it must not outlive it.
@frozen @usableFromInline package struct MappedRegion: ~Copyable, @unchecked Sendable {
    /// The first byte, on a boundary of a memory page.
    @usableFromInline package let base: UnsafeMutableRawPointer
    /// The reserved bytes, a whole number of memory pages.
    @usableFromInline package let size: Int

    /// Reserves at least `size` bytes. Traps if the kernel refuses the addresses, because a lane without its
    /// tables can't start, and there is nothing that a caller could do instead.
    package init(size requested: Int) {
        guard requested > 0, requested <= Self.sizeMax else {
            fatalError("a memory region of \(requested) bytes was asked for; it must have 1 to \(Self.sizeMax)")
        }
        size = (requested + Self.memoryPage - 1) / Self.memoryPage * Self.memoryPage
        guard let base = hf_map_reserve(size) else {
            fatalError(
                "the kernel refused to reserve \(size) bytes of address space. "
                    + "Raise `ulimit -v`, set vm.overcommit_memory to 0 or 1, or lower the configured capacities.")
        }
        self.base = base
    }

    deinit {
        // Can only fail for a range that isn't ours; then memory is lost, and nothing else.
        _ = hf_unmap(base, size)
    }

    /// Bytes in a page of x86-64 and most ARM kernels. Larger ones round the mapping up by themselves.
    static var memoryPage: Int { 4096 }
    /// 64 TiB: half of what a process can address on x86-64, so a larger request is a mistake in arithmetic.
    static var sizeMax: Int { 1 << 46 }
}
