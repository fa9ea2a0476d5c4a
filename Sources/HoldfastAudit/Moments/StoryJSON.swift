package import Holdfast
package import HoldfastText
internal import HoldfastWallet

extension RequestStory {
    package func json() throws(ProofFailure) -> JSONWriter {
        try JSONWriter.line { json throws(ProofFailure) in
            json.member("tenant", player.tenant as String?)
            json.member("player", player.id as String?)
            json.member("request_id", requestID as String?)
            json.member("state", state as String?)
            json.member("expires_at", expiresAt)
            try json.member("steps", objects: steps, Self.writeMembers)
        }
    }

    private static func writeMembers(of step: Step, to json: inout JSONWriter) throws(ProofFailure) {
        json.member("role", step.role.rawValue as String?)
        json.member("seq", step.line.seq)
        json.member("position", step.line.position)
        json.member("created_at", step.line.time)
        json.member("event", step.line.event.wireName)
        json.member("what", step.line.words as String?)
        json.member("request_id", step.requestID)
        json.member("target", step.target)
        json.member("amount", step.amount)
        json.member("error", step.refusal?.name)
        json.member("changes", objects: step.line.changes) { change, json in
            json.member("asset", change.asset.description as String?)
            json.member("balance_delta", change.delta)
            json.member("balance_after", change.balance)
            json.member("held_after", change.held)
        }
        json.member("batch") { json in
            json.member("lane", step.location.lane)
            json.member("number", step.location.batch)
            json.member("hash", step.location.batchHash as String?)
            json.member("committed_at", step.location.batchTime)
            json.member("events", step.location.batchEvents)
        }
        json.member("file", step.location.file as String?)
        json.member("offset", step.location.offset)
        json.member("sealed", step.location.isSealed)
        if let proof = step.proof { json.member("proof", line: try proof.json()) }
    }

    /// For people.
    package func lines(_ files: LedgerFiles) -> [String] {
        var money = MoneyTable(files.configuration.assets)
        let ends = expiresAt.map { ", ends \(EventWords.time($0))" } ?? ""
        var lines = ["Request \(requestID) of player \(player.id) of \(player.tenant): \(stateWords)\(ends)"]
        for step in steps {
            lines.append("")
            lines.append("\(EventWords.time(step.line.time))  #\(step.line.seq)  \(step.line.words)")
            for change in step.line.changes {
                var line = "    balance \(money.text(change.balance, change.asset))"
                if change.delta != 0 { line += " (\(money.signed(change.delta, change.asset)))" }
                lines.append(line + ", held \(money.digits(change.held, change.asset))")
            }
            let place = step.location
            let words = EventLocation.words(place.file, byte: place.offset, isBeforeSealing: place.isSealed)
            lines.append("    position \(step.line.position), \(words)")
            lines.append("    lane \(place.lane), batch \(place.batch), sha256 \(place.batchHash)")
            if let proof = step.proof { lines += proof.lines.map { "    " + $0 } }
        }
        return lines
    }
}
