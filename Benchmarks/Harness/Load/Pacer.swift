private import Glibc
internal import HoldfastLog

/// Calls a closure at a set rate from a thread of its own, whether or not earlier calls have had their effect: the
/// open loop without which a stalled system looks fast.
struct Pacer {
    let rate: Int
    let total: Int
    let body: @Sendable (_ number: Int, _ due: Int64) -> Void

    init(rate: Int, total: Int, body: @escaping @Sendable (Int, Int64) -> Void) {
        self.rate = rate
        self.total = total
        self.body = body
    }

    func start() {
        _ = WorkerThread(name: "hf-pacer") {
            let start = Machine.nanoseconds
            for number in 0..<total {
                let due = start + Int64(Double(number) * 1e9 / Double(rate))
                while true {
                    let wait = due - Machine.nanoseconds
                    if wait <= 0 { break }
                    var pause = timespec(tv_sec: 0, tv_nsec: Int(min(wait, 50_000)))
                    nanosleep(&pause, nil)
                }
                body(number, due)
            }
        }
    }
}
