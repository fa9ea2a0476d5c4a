/// What one lane's trees come down to at one moment: what is published, and what proofs are checked against.
///
/// Two trees vouch for a lane. Each segment has one whose leaves are its events' records. Over the closed segments
/// stands the lane's tree, whose leaves are the `fields` of their roots. The segment that is being written stands
/// beside it with the tree of its events so far, so that every event can be proven at once.
package struct TreeHead: Sendable, Hashable {
    package let lane: Int
    /// How many closed segments the lane's tree has.
    package let segments: UInt64
    package let root: Digest
    /// Nil where only closed segments are spoken for.
    package let open: OpenTree?

    /// The tree of the segment behind the closed ones.
    package struct OpenTree: Sendable, Hashable {
        package let segment: UInt64
        package let events: UInt64
        package let root: Digest

        package init(segment: UInt64, events: UInt64, root: Digest) {
            self.segment = segment
            self.events = events
            self.root = root
        }
    }

    package init(lane: Int, segments: UInt64, root: Digest, open: OpenTree?) {
        self.lane = lane
        self.segments = segments
        self.root = root
        self.open = open
    }
}
