/// Room for some things of several sorts that want more of it than there is.
package enum FairShares {
    /// What each sort gets: what it wants or an equal part, and what others leave of theirs.
    package static func of(_ room: Int, wanted: [Int]) -> [Int] {
        var shares = wanted
        var left = room
        let fewestFirst = wanted.indices.sorted { wanted[$0] < wanted[$1] }
        for (done, index) in fewestFirst.enumerated() {
            shares[index] = min(wanted[index], left / (wanted.count - done))
            left -= shares[index]
        }
        return shares
    }
}
