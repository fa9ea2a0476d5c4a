private import Glibc

/// How a day's transactions are spread over its 1440 minutes: quiet at night, livelier towards the evening, and
/// around 21:00 a peak of five times the mean.
///
/// The peak's height is given; its width follows from that the mean must be 1.
struct DayCurve {
    static let minutes = 1_440
    static let peak = 5.0
    private static let peakMinute = 1_260.0
    private static let quietMean = 0.4
    private static let quietSwing = 0.25

    /// By minute, relative to the mean.
    static func weight(_ minute: Int) -> Double {
        let height = peak - quiet(peakMinute)
        let width = (1 - quietMean) * Double(minutes) / (height * (2 * Double.pi).squareRoot())
        let distance = (Double(minute) - peakMinute) / width
        return quiet(Double(minute)) + height * exp(-distance * distance / 2)
    }

    /// Without the evening: lowest at four in the morning, highest at four in the afternoon.
    private static func quiet(_ minute: Double) -> Double {
        quietMean - quietSwing * cos(2 * Double.pi * (minute - 240) / Double(minutes))
    }

    /// Number of the first transaction of each minute, and of the one behind the last.
    let starts: [Int]

    init(transactions: Int) {
        let weights = (0..<Self.minutes).map(Self.weight)
        let sum = weights.reduce(0, +)
        var before = 0.0
        var starts: [Int] = []
        for weight in weights {
            starts.append(Int((before / sum * Double(transactions)).rounded()))
            before += weight
        }
        self.starts = starts + [transactions]
    }
}

/// Time as the day's transactions pass: nanoseconds since the day began, moved on by one transaction at a time.
struct DayTime {
    private let curve: DayCurve?
    private var minute = -1
    /// How many transactions are left before the step changes.
    private var left = 0
    private var step: UInt64
    private(set) var nanoseconds: UInt64

    /// A whole day in so many transactions.
    init(_ curve: DayCurve) {
        self.curve = curve
        step = 0
        nanoseconds = 0
    }

    /// So many a second, from a time of the day on.
    init(perSecond rate: Int, fromMinute minute: Int) {
        curve = nil
        left = .max
        step = 1_000_000_000 / UInt64(rate)
        nanoseconds = UInt64(minute) * 60_000_000_000
    }

    /// Milliseconds since the day began, of the next transaction.
    @inline(__always)
    mutating func next() -> Int64 {
        if left == 0 { turnMinute() }
        left -= 1
        nanoseconds &+= step
        return Int64(nanoseconds / 1_000_000)
    }

    private mutating func turnMinute() {
        guard let starts = curve?.starts else { return }
        repeat {
            minute += 1
            left = minute < DayCurve.minutes ? starts[minute + 1] - starts[minute] : .max
        } while left == 0
        step = 60_000_000_000 / UInt64(max(1, min(left, 60_000_000_000)))
        nanoseconds = UInt64(minute) * 60_000_000_000
        if left == .max { step = 0 }
    }
}
