internal import CHoldfast
private import Glibc

/// A plain thread of the operating system: the lane's and the committer's loops must never share a pool with
/// anything that could hold them up.
package final class WorkerThread: Sendable {
    private let handle: pthread_t

    private final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void
        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    package init(name: String, run: @escaping @Sendable () -> Void) {
        var handle = pthread_t()
        let body = Unmanaged.passRetained(Body(name: name, run: run))
        let code = pthread_create(
            &handle, nil,
            { argument in
                let body = Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue()
                hf_name_thread(body.name)
                body.run()
                return nil
            }, body.toOpaque())
        precondition(code == 0, "the system refused a new thread: \(errorText(code))")
        self.handle = handle
    }

    package func join() { pthread_join(handle, nil) }

    /// For a thread that nobody waits for: its stack is freed when it ends.
    package func detach() { pthread_detach(handle) }
}
