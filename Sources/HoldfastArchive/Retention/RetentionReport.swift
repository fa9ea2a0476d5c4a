internal import HoldfastLog
package import HoldfastText

/// What was given up, or would be, and why not more.
package struct RetentionReport {
    package let plan: RetentionPlan
    package let isDryRun: Bool

    init(_ plan: RetentionPlan, isDryRun: Bool) {
        self.plan = plan
        self.isDryRun = isDryRun
    }

    package var events: UInt64 { plan.segments.reduce(0) { $0 + $1.events } }
    package var bytes: UInt64 { plan.segments.reduce(0) { $0 + $1.bytes } }

    package var json: JSONWriter {
        JSONWriter.line { json in
            json.member("dry_run", isDryRun)
            json.member("segments", plan.segments.count)
            json.member("events", events)
            json.member("bytes", bytes)
            json.member("given_up", objects: plan.segments, Self.writeMembers)
            json.member("lanes", objects: plan.lanes) { lane, json in
                json.member("lane", lane.lane)
                json.member("first_kept", lane.stop.segment)
                json.member("because", lane.stop.because as String?)
            }
        }
    }

    private static func writeMembers(of span: SealedSpan, to json: inout JSONWriter) {
        json.member("lane", span.lane)
        json.member("segment", span.number)
        json.member("first_position", span.root.firstPosition)
        json.member("events", span.events)
        json.member("bytes", span.bytes)
        json.member("first_time", span.firstTime)
        json.member("last_time", span.lastTime)
        json.member("root", span.root.root.hexadecimal as String?)
        json.member("chained", span.root.chained.hexadecimal as String?)
    }
}
