extension BinaryInteger {
    /// The next multiple of a unit, or the number itself where it is one.
    @inline(__always)
    func roundedUp(to unit: Self) -> Self { (self + unit - 1) / unit * unit }
}
