package import HoldfastText

extension LedgerStats {
    /// The object that `holdfast stats --json` prints.
    package var json: JSONWriter {
        JSONWriter.line { json in
            json.member("players", players)
            json.member("events", events)
            json.member("bytes_per_event", bytesPerEvent)
            json.member("bytes_per_event_open", bytesPerEventOpen)
            if let sealed = bytesPerEventSealed { json.member("bytes_per_event_sealed", sealed) }
            json.member("segments") { json in
                json.member("open", openSegments)
                json.member("sealed", sealedSegments)
            }
            json.member("lanes", lanes)
            json.member("position", position)
            json.member("open_holds", openHolds)
            json.member("last_event_at", lastEventAt)
            json.member("last_snapshot", lastSnapshot)
        }
    }
}
