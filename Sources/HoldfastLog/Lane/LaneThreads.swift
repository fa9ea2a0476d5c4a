internal import CHoldfast

/// Does something with each lane of a log, as many at a time as there are cores.
package enum LaneThreads {
    /// Returns when all is done, or once `body` has said no and those that were begun are through: then no other is
    /// begun. The caller's own thread does its share.
    package static func forEach(
        _ lanes: Int, atOnce: Int? = nil, _ body: @escaping @Sendable (_ lane: Int, _ isOwnThread: Bool) -> Bool
    ) {
        let next = Locked<Int?>(0)
        let work: @Sendable (_ isOwnThread: Bool) -> Void = { isOwnThread in
            while let lane = take(next, lanes) {
                if !body(lane, isOwnThread) { next.with { $0 = nil } }
            }
        }
        let threads = (1..<max(1, min(lanes, atOnce ?? Int(hf_usable_cores())))).map { number in
            WorkerThread(name: "hf-lanes-\(number)") { work(false) }
        }
        work(true)
        for thread in threads { thread.join() }
    }

    private static func take(_ next: Locked<Int?>, _ lanes: Int) -> Int? {
        next.with { next in
            guard let lane = next, lane < lanes else { return nil }
            next = lane + 1
            return lane
        }
    }
}
