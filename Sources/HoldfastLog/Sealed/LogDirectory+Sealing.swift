extension LogDirectory {
    /// Seals every event of a log that nobody has open: all full segments and those that are being filled. The next
    /// write begins new ones. `progress` is told each segment that was sealed.
    package func sealAll(progress: (SegmentRoot) -> Void = { _ in }) throws(LogError) -> [SegmentRoot] {
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        var roots: [SegmentRoot] = []
        for log in try openLanes(for: .writing) {
            try log.tidyUp()
            let sealer = SegmentSealer(log)
            while let number = sealer.next(evenLast: true) {
                let root = try sealer.seal(number)
                progress(root)
                roots.append(root)
            }
        }
        return roots
    }
}
