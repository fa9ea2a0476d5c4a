import HoldfastText

/// What a verb has to say at once: its result on standard output, all else on standard error.
enum Output {
    static func print(_ json: borrowing JSONWriter) throws(StreamError) {
        var output = BufferedWriter.standardOutput()
        try output.write(json)
        try output.flush()
    }

    /// For people: names and references that others chose are among it.
    static func print(_ lines: [String]) throws(StreamError) {
        var output = BufferedWriter.standardOutput()
        for line in lines { try output.writeLine(line.visible(keepingLineEnds: true)) }
        try output.flush()
    }

    static func say(_ line: String) {
        StandardError.put(line.visible(keepingLineEnds: true) + "\n")
    }
}
