internal import Holdfast
internal import HoldfastLog
internal import HoldfastWallet

/// Where a check begins: with the log, which may have given up what came before (docs/RETENTION.md).
struct CheckStart {
    /// Of the first event that is compared.
    var position: UInt64 = 1
    /// Days up to this one may have had events before the first: their sums can't be told from the log any more.
    private(set) var lastDayBefore: Day?

    var isTrimmed: Bool { position > 1 }

    func hasAll(of day: Day) -> Bool { lastDayBefore.map { day > $0 } ?? true }

    fileprivate mutating func note(before time: Int64) {
        lastDayBefore = max(lastDayBefore ?? Day(of: time), Day(of: time))
    }
}

extension LedgerFiles {
    /// Where a check begins, and each lane's state there. Of a lane that has given up its beginning that is what its
    /// oldest snapshot says, which must not know of more than `position`: so far the tables are.
    func startOfCheck(upTo position: UInt64) throws(LedgerError) -> (CheckStart, [WalletMachine]) {
        var start = CheckStart(position: firstPosition)
        var machines: [WalletMachine] = []
        for log in logs {
            let machine = try machineAtBeginning(of: log, upTo: position)
            if log.isTrimmed { start.note(before: log.beginning) }
            if start.isTrimmed {
                try leadOn(machine, of: log, to: start.position) { start.note(before: $0) }
            }
            machines.append(machine)
        }
        return (start, machines)
    }

    /// A lane that has given up less than another one has events from before all are there. They are compared with
    /// nothing.
    private func leadOn(
        _ machine: WalletMachine, of log: FileBatchLog, to position: UInt64, _ each: (Int64) -> Void
    ) throws(LedgerError) {
        let cursor = try log.batches(from: log.firstAddress, upTo: log.tail.address)
        while let batch = try cursor.next(), batch.header.position < position {
            try batch.forEachRecord { (record, address) throws(LedgerError) in
                guard record.position < position else { return }
                try machine.apply(record, at: address)
                each(record.time)
            }
        }
    }
}
