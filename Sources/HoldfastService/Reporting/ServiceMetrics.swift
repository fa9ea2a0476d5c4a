internal import Holdfast

/// What the service counts, on the loop's thread.
struct ServiceMetrics {
    var answers = AnswerTally()
}
