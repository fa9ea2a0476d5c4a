/// Elements of one size at addresses that never move, named by a `UInt32`.
///
/// Half the size of a pointer, an index can lie in a hash table or in another element, and in a snapshot. Index 0
/// means none. A freed element is the next one to be handed out, while it is still in the cache.
///
///     var holds = Slab<Hold>(capacity: 64 << 20)
///     let hold = holds.allocate()          // zeroed; 0 when the slab is full
///     holds[hold].amount = 250
///     holds.free(hold)
///
/// The region begins on a memory page, so elements whose stride divides 64 never straddle a cache line and those of
/// 64 bytes each have their own. Freed elements hold the free list in their first four bytes.
@frozen @usableFromInline package struct Slab<Element: BitwiseCopyable>: ~Copyable, Sendable {
    @usableFromInline let region: MappedRegion
    /// The most elements that can live at once.
    @usableFromInline package let capacity: Int
    /// The highest index ever handed out. Every element in use has an index in 1...highWater.
    @usableFromInline var highWaterIndex: UInt32 = 0
    @usableFromInline var firstFree: UInt32 = 0
    @usableFromInline var live: Int = 0

    /// Reserves addresses, not memory: a capacity of 64 M elements of 64 bytes costs nothing until they are used.
    package init(capacity: Int) {
        precondition(capacity > 0 && capacity < UInt32.max, "a slab holds 1 to 2^32 - 2 elements")
        precondition(MemoryLayout<Element>.stride >= 4, "a freed element must have room for the free list")
        self.capacity = capacity
        // One more than asked for: index 0 is never used.
        region = MappedRegion(size: (capacity + 1) * MemoryLayout<Element>.stride)
    }

    /// How many elements were ever in use at once.
    @inlinable package var highWater: UInt32 { highWaterIndex }
    /// How many elements are in use now.
    @inlinable package var liveCount: Int { live }
    /// The bytes touched so far. Freed elements keep theirs.
    @inlinable package var residentBytes: Int { (Int(highWaterIndex) + 1) * MemoryLayout<Element>.stride }

    /// An element of zeros, or 0 when all of them are in use: the caller refuses its command.
    @inlinable package mutating func allocate() -> UInt32 {
        let index: UInt32
        if firstFree != 0 {
            index = firstFree
            let element = address(index)
            firstFree = element.load(as: UInt32.self)
            element.initializeMemory(as: UInt8.self, repeating: 0, count: MemoryLayout<Element>.stride)
        } else {
            // The kernel's pages are zero, so a fresh element needs no clearing.
            guard Int(highWaterIndex) < capacity else { return 0 }
            highWaterIndex += 1
            index = highWaterIndex
        }
        live += 1
        return index
    }

    /// Takes an element back. Freeing one twice is the caller's error; only the count can notice it here.
    @inlinable package mutating func free(_ index: UInt32) {
        precondition(index != 0 && index <= highWaterIndex && live > 0)
        address(index).storeBytes(of: firstFree, as: UInt32.self)
        firstFree = index
        live -= 1
    }

    /// The element's address, good for as long as the slab, whatever else is allocated or freed.
    @inlinable package func pointer(_ index: UInt32) -> UnsafeMutablePointer<Element> {
        precondition(index != 0 && index <= highWaterIndex)
        return address(index).assumingMemoryBound(to: Element.self)
    }

    @inlinable package subscript(_ index: UInt32) -> Element {
        get { pointer(index).pointee }
        nonmutating _modify { yield &pointer(index).pointee }
    }

    /// Brings an element's cache line closer; any index will do, also 0.
    @inlinable package func prefetch(_ index: UInt32) {
        prefetchForWriting(address(index))
    }

    /// Can't overflow: an index is below 2^32 and the region's size, at most 2^46, fixed the stride.
    @inlinable func address(_ index: UInt32) -> UnsafeMutableRawPointer {
        region.base + Int(index) &* MemoryLayout<Element>.stride
    }
}
