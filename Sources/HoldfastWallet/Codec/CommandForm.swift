/// A command as a caller wrote it, before anyone has judged it: for each field whether it is there, has the right
/// type, and its value. JSON and Swift callers fill in the same form, so that one place decides what is well formed.
///
///     var form = CommandForm()
///     form.operation = .credit
///     form.tenant = .bytes(tenant)
///     ...
///     builder.prepare(&form, into: &command)
///
/// Texts are borrowed: they must stay where they are until the command is in a batch.
package struct CommandForm: BitwiseCopyable {
    package enum Text: BitwiseCopyable {
        case absent
        /// There, and not a string.
        case malformed
        case bytes(UnsafeRawBufferPointer)
    }

    package enum Whole: BitwiseCopyable {
        case absent
        /// There, and not a whole number that fits into 64 bits.
        case malformed
        case value(Int64)
    }

    package enum Flag: BitwiseCopyable {
        case absent
        case malformed
        case value(Bool)
    }

    package enum Rate: BitwiseCopyable {
        case absent
        /// There, and not an object of exactly two whole numbers.
        case malformed
        case value(numerator: Int64, denominator: Int64)
    }

    /// Nil when it is missing or unknown.
    package var operation: Operation?
    package var tenant = Text.absent
    package var player = Text.absent
    package var requestID = Text.absent
    package var ref = Text.absent
    package var reason = Text.absent
    package var asset = Text.absent
    package var amount = Whole.absent
    package var kind = Text.absent
    package var target = Text.absent
    package var ttlMilliseconds = Whole.absent
    package var force = Flag.absent
    package var to = Text.absent
    package var toAsset = Text.absent
    package var rate = Rate.absent
    package var at = Whole.absent
    /// Whether there are fields that no command has. (Those that only other commands have show by themselves.)
    package var hasUnknownField = false

    package init() {}
}

/// What is wrong with a form.
package enum FormFault: Error, Equatable, Sendable {
    /// This field is missing where it is required, or has no good value.
    case field(Field)
    /// All is well but for fields that this operation doesn't take. Whoever read the command knows which of them
    /// came first; `Operation.takes` tells them apart.
    case foreignField
}

extension CommandForm {
    /// The fields that some operations take and others don't.
    @inline(__always)
    var particularFields: FieldSet {
        var set: FieldSet = []
        if case .absent = ref {} else { set.insert(.ref) }
        if case .absent = reason {} else { set.insert(.reason) }
        if case .absent = asset {} else { set.insert(.asset) }
        if case .absent = amount {} else { set.insert(.amount) }
        if case .absent = kind {} else { set.insert(.kind) }
        if case .absent = target {} else { set.insert(.target) }
        if case .absent = ttlMilliseconds {} else { set.insert(.ttlMilliseconds) }
        if case .absent = force {} else { set.insert(.force) }
        if case .absent = to {} else { set.insert(.to) }
        if case .absent = toAsset {} else { set.insert(.toAsset) }
        if case .absent = rate {} else { set.insert(.rate) }
        return set
    }
}
