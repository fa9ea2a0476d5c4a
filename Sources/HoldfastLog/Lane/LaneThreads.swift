internal import CHoldfast

/// Does something with each lane of a log, as many at a time as there are cores.
package enum LaneThreads {
    /// What `body` gives of each, in the order of the lanes. Once it fails no other is begun; of several failures the
    /// first lane's is thrown, when those that were begun are through. The caller's own thread does its share.
    package static func map<Result: Sendable, Failure: Error>(
        _ lanes: Int, atOnce: Int? = nil,
        _ body: @escaping @Sendable (_ lane: Int, _ isOwnThread: Bool) throws(Failure) -> Result
    ) throws(Failure) -> [Result] {
        let next = Locked<Int?>(0)
        let results = Locked([Swift.Result<Result, Failure>?](repeating: nil, count: lanes))
        let work: @Sendable (_ isOwnThread: Bool) -> Void = { isOwnThread in
            while let lane = take(next, lanes) {
                let result = Swift.Result { () throws(Failure) in try body(lane, isOwnThread) }
                results.with { $0[lane] = result }
                if case .failure = result { next.with { $0 = nil } }
            }
        }
        let threads = (1..<max(1, min(lanes, atOnce ?? Int(hf_usable_cores())))).map { number in
            WorkerThread(name: "hf-lanes-\(number)") { work(false) }
        }
        work(true)
        for thread in threads { thread.join() }
        var values: [Result] = []
        for result in results.with({ $0 }) { if let result { values.append(try result.get()) } }
        return values
    }

    private static func take(_ next: Locked<Int?>, _ lanes: Int) -> Int? {
        next.with { next in
            guard let lane = next, lane < lanes else { return nil }
            next = lane + 1
            return lane
        }
    }
}
