// What reports say again and again: lists of one kind of value, and objects that were written as a line of their own.
extension JSONWriter {
    /// One object on a line.
    ///
    ///     let line = JSONWriter.line { json in json.member("ok", true) }      // {"ok":true}\n
    package static func line<Failure: Error>(
        _ members: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        try members(&json)
        json.endObject()
        json.newline()
        return json
    }

    /// An object within the object.
    ///
    ///     json.member("segments") { json in json.member("open", 1) }          // "segments":{"open":1}
    package mutating func member<Failure: Error>(
        _ name: StaticString, object members: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        key(name)
        beginObject()
        try members(&self)
        endObject()
    }

    /// The same of what may be missing; null where it is.
    package mutating func member<Value, Failure: Error>(
        _ name: StaticString, object value: Value?, _ members: (Value, inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        guard let value else { return nullMember(name) }
        try member(name) { json throws(Failure) in try members(value, &json) }
    }

    /// An object that has a number under each name.
    package mutating func member(_ name: StaticString, counts: some Sequence<(String, Int)>) {
        member(name) { json in
            for (name, count) in counts {
                json.key(name)
                json.integer(count)
            }
        }
    }

    package mutating func member(_ name: StaticString, texts: some Sequence<String>) {
        key(name)
        beginArray()
        for text in texts { string(text) }
        endArray()
    }

    package mutating func member(_ name: StaticString, integers: some Sequence<some BinaryInteger>) {
        key(name)
        beginArray()
        for integer in integers { self.integer(Int64(integer)) }
        endArray()
    }

    package mutating func member<Element, Failure: Error>(
        _ name: StaticString, objects elements: some Sequence<Element>,
        _ members: (Element, inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        key(name)
        beginArray()
        for element in elements {
            beginObject()
            try members(element, &self)
            endObject()
        }
        endArray()
    }

    /// An object that has each element as an object under its own name.
    package mutating func member<Element, Failure: Error>(
        _ name: StaticString, objects elements: some Sequence<Element>, by key: (Element) -> String,
        _ members: (Element, inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        self.key(name)
        beginObject()
        for element in elements {
            self.key(key(element))
            beginObject()
            try members(element, &self)
            endObject()
        }
        endObject()
    }

    /// A sum over many players, which may pass what one balance can hold.
    package mutating func member(_ name: StaticString, wide value: Int128) {
        key(name)
        var digits = "\(value)"
        digits.withUTF8 { raw(UnsafeRawBufferPointer($0)) }
    }

    /// What another writer wrote as a line, without the line's end.
    package mutating func member(_ name: StaticString, line: borrowing JSONWriter) {
        key(name)
        line.withBytes { raw(UnsafeRawBufferPointer(rebasing: $0[..<($0.count - 1)])) }
    }
}
