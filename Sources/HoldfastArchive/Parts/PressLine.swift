internal import CHoldfast
private import Glibc
internal import HoldfastLog

/// Brings members from the thread that reads rows to the one that compresses them: reading and hashing rows costs
/// about what compressing and writing them does, so two threads share the work evenly. With one thread everything
/// happens where `send` is called, in the same order.
package final class PressLine {
    private let press: PartPress
    private let queue: MemberQueue?
    private var thread: WorkerThread?

    package init(_ press: PartPress, threads: Int) {
        self.press = press
        guard threads > 1 else {
            queue = nil
            return
        }
        let queue = MemberQueue(capacity: ArchiveLimits.membersUnderWay)
        self.queue = queue
        // The press is the thread's alone from here until it has ended.
        nonisolated(unsafe) let owned = press
        thread = WorkerThread(name: "hf-archive") {
            hf_polite_thread()
            while let member = queue.take() {
                do throws(ArchiveError) { try owned.take(member) } catch { queue.fail(error) }
            }
        }
    }

    deinit { stop() }

    package func send(_ member: Member) throws(ArchiveError) {
        guard let queue else { return try press.take(member) }
        if let error = queue.put(member) { throw error }
    }

    /// After the last member: the files, synced and read back.
    package func finish() throws(ArchiveError) -> [DataFile] {
        stop()
        if let error = queue?.failure { throw error }
        return try press.finish()
    }

    /// Roughly, while the other thread is at work.
    package var bytesSent: Int { queue?.bytesTaken ?? press.bytesWritten }

    private func stop() {
        queue?.close()
        thread?.join()
        thread = nil
    }
}

/// A bounded queue between two threads.
private final class MemberQueue: @unchecked Sendable {
    // Everything below is touched with the mutex held only.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let capacity: Int
    private var members: [Member] = []
    private var isClosed = false
    private var error: ArchiveError?
    private var bytes = 0

    init(capacity: Int) {
        self.capacity = capacity
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(changed)
        mutex.deallocate()
        changed.deallocate()
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Waits for room. What went wrong on the other side comes back here.
    func put(_ member: Member) -> ArchiveError? {
        locked {
            while members.count >= capacity, error == nil { pthread_cond_wait(changed, mutex) }
            if let error { return error }
            members.append(member)
            pthread_cond_broadcast(changed)
            return nil
        }
    }

    /// The next member; nil once the queue is closed and empty, or has failed.
    func take() -> Member? {
        locked {
            while members.isEmpty, !isClosed, error == nil { pthread_cond_wait(changed, mutex) }
            if error != nil || members.isEmpty { return nil }
            let member = members.removeFirst()
            bytes += member.byteCount
            pthread_cond_broadcast(changed)
            return member
        }
    }

    func fail(_ problem: ArchiveError) {
        locked {
            error = problem
            members = []
            pthread_cond_broadcast(changed)
        }
    }

    func close() {
        locked {
            isClosed = true
            pthread_cond_broadcast(changed)
        }
    }

    var failure: ArchiveError? { locked { error } }
    var bytesTaken: Int { locked { bytes } }
}
