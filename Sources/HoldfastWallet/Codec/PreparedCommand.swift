/// A command of good form with its defaults filled in and its hashes taken: ready to be copied into a batch.
///
/// Its texts are those of the form, and good as long as they are.
package struct PreparedCommand: BitwiseCopyable {
    /// Of `tenant/player`: says which lane the command belongs to.
    package var keyHash: UInt64 = 0
    package var requestHash: UInt64 = 0
    /// Of the target, for a transfer of the recipient's key.
    package var targetHash: UInt64 = 0
    package var operation = Operation.credit
    /// A `CreditKind` or `DebitKind`.
    package var kind: UInt8 = 0
    package var flags: UInt8 = 0
    /// An asset is not declared: the command only moves time.
    package var isUndeclared = false
    package var asset: AssetID = 0
    package var toAsset: AssetID = 0
    package var amount: Int64 = 0
    /// Of an authorise the time to live, of an exchange the numerator.
    package var first: Int64 = 0
    /// Of an exchange the denominator.
    package var second: Int64 = 0
    /// The caller's time where time is given, or −1.
    package var at: Int64 = -1

    package var tenant = UnsafeRawBufferPointer(start: nil, count: 0)
    package var player = UnsafeRawBufferPointer(start: nil, count: 0)
    package var assetName = UnsafeRawBufferPointer(start: nil, count: 0)
    package var requestID = UnsafeRawBufferPointer(start: nil, count: 0)
    package var target = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Of a lock the reason.
    package var ref = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Of a transfer the recipient, of an exchange the other asset.
    package var other = UnsafeRawBufferPointer(start: nil, count: 0)

    package init() {}

    /// An amount was given. Only a confirm can be without.
    static let hasAmount: UInt8 = 1
    static let isForced: UInt8 = 2
}
