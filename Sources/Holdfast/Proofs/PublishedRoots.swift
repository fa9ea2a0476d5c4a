package import HoldfastLog
package import HoldfastText

/// A root file: what an operator publishes so that nobody, not even the operator, can change the past unnoticed.
///
/// Three kinds share one shape: the heads of all lanes now, those at the end of a day, and the root of one segment.
package struct PublishedRoots: Sendable, Equatable {
    /// The id of the log, in hexadecimal.
    package let log: String
    package let heads: [TreeHead]
    package let detail: Detail

    package enum Detail: Sendable, Equatable {
        /// All lanes at one moment; `day` where it is the end of one.
        case moment(day: String?, position: UInt64, time: Int64)
        case segment(SegmentRoot)
    }

    package init(log: String, heads: [TreeHead], detail: Detail) {
        self.log = log
        self.heads = heads
        self.detail = detail
    }

    package func head(ofLane lane: Int) -> TreeHead? { heads.first { $0.lane == lane } }

    /// The name under which `holdfast roots --into` keeps it; nil for the heads of now, which have no name that lasts.
    package var fileName: String? {
        switch detail {
        case .moment(let day, _, _): day.map { "day-\($0).json" }
        case .segment(let root): "segment-\(Self.digits(root.lane, 2))-\(Self.digits(Int(root.number), 10)).json"
        }
    }

    private static func digits(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}

// MARK: As JSON

extension PublishedRoots {
    package var json: JSONWriter {
        JSONWriter.line { json in
            switch detail {
            case .moment(let day, let position, let time):
                json.member("holdfast", "roots" as StaticString)
                json.member("version", 1)
                json.member("log", log as String?)
                json.member("day", day)
                json.member("time", time)
                json.member("position", position)
            case .segment(let root):
                json.member("holdfast", "segment root" as StaticString)
                json.member("version", 1)
                json.member("log", log as String?)
                json.member("segment", root.number)
                json.member("first_position", root.firstPosition)
                json.member("events", root.eventCount)
                json.member("root", root.root.hexadecimal as String?)
                json.member("last_batch_hash", root.lastBatchHash.hexadecimal as String?)
                json.member("previous_chained", root.previousChained.hexadecimal as String?)
                json.member("chained", root.chained.hexadecimal as String?)
            }
            json.key("lanes")
            json.beginArray()
            for head in heads { ProofJSON.write(head, to: &json) }
            json.endArray()
        }
    }

    package init(reading bytes: [UInt8]) throws(ProofFailure) {
        let fields = try ProofFields(bytes, what: "root file")
        switch fields.kind {
        case "roots":
            self.init(
                log: try fields.text("log"), heads: try fields.heads("lanes"),
                detail: .moment(
                    day: fields.textIfGiven("day"), position: try fields.natural("position"),
                    time: Int64(clamping: try fields.natural("time"))))
        case "segment root":
            let heads = try fields.heads("lanes")
            guard let lane = heads.first?.lane, heads.count == 1 else {
                throw ProofFailure("the root of a segment names one lane")
            }
            let root = SegmentRoot(
                lane: lane, number: try fields.natural("segment"), firstPosition: try fields.natural("first_position"),
                eventCount: try fields.natural("events"), root: try fields.digest("root"),
                lastBatchHash: try fields.digest("last_batch_hash"),
                previousChained: try fields.digest("previous_chained"))
            guard root.chained == (try fields.digest("chained")) else {
                throw ProofFailure("the chained root of segment \(root.number) does not match its fields")
            }
            self.init(log: try fields.text("log"), heads: heads, detail: .segment(root))
        default:
            throw ProofFailure("this is no root file but: \(fields.kind)")
        }
    }
}
