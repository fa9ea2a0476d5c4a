import Foundation
import HoldfastTestSupport
import HoldfastText
import Testing

@testable import HoldfastService

@Suite("A configuration file")
struct ConfigurationTests {
    private let place = TemporaryDirectory()

    private func configuration(_ text: String, mode: Int = 0o600) throws -> ServiceConfiguration {
        let file = place.path + "/serve.json"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        return try ServiceConfiguration(file: file)
    }

    @Test("says everything that can be said")
    func full() throws {
        let secret = place.path + "/ops.token"
        try "a-secret-of-the-operators\n".write(toFile: secret, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: secret)
        let made = try configuration(
            """
            {"listen": "[::1]:9000", "insecure": true, "tls": {"certificate": "c.pem", "key": "k.pem"},
             "tokens": [{"name": "games", "token": "0123456789abcdef", "rights": ["commands", "read"]},
                        {"name": "ops", "token_file": "\(secret)", "rights": ["admin"]}],
             "log": "requests",
             "limits": {"connections": 10, "idle": "5s", "body_bytes": 1000, "bodies_bytes": 2000,
                        "commands_per_request": 5, "commands_in_flight": 50, "streams": 2, "stop": "1m"},
             "tables": {"directory": "tables", "shards": 4},
             "archive": {"root": "archive", "at": "03:00", "older_than": "30d", "delete_after": "40d", "database": "d"},
             "backup": {"target": "copies", "every": "week", "on": "sunday", "at": "04:30", "keep": "60d"},
             "snapshot": {"at": "05:00"}}
            """)
        #expect(made.listen.description == "[::1]:9000" && made.isOpenToAll)
        #expect(made.tls == .init(certificate: "c.pem", key: "k.pem"))
        #expect(made.tokens.holder(of: "Bearer 0123456789abcdef")?.rights == [.commands, .read])
        #expect(made.tokens.holder(of: "Bearer a-secret-of-the-operators")?.name == "ops")
        #expect(made.log == .requests)
        #expect(made.limits.server.connectionsMax == 10 && made.limits.server.idleSeconds == 5)
        #expect(made.limits.server.bodyBytesMax == 1_000 && made.limits.server.bodiesBytesMax == 2_000)
        #expect(made.limits.commandsPerRequest == 5 && made.limits.commandsInFlight == 50)
        #expect(made.limits.streams == 2 && made.limits.stopSeconds == 60)
        #expect(made.tables == .init(directory: "tables", shards: 4))
        #expect(
            made.archive
                == .init(
                    root: "archive", schedule: Schedule(minuteOfDay: 180), olderThan: 30 * 86_400_000,
                    deleteAfter: 40 * 86_400_000, database: "d"))
        #expect(
            made.backup
                == .init(
                    target: "copies", schedule: Schedule(every: .week(on: .sunday), minuteOfDay: 270),
                    keep: 60 * 86_400_000))
        #expect(made.snapshot == Schedule(minuteOfDay: 300))
        #expect(try configuration("{}").listen == .usual)
    }

    @Test(
        "that says something else is refused by the place and the word",
        arguments: [
            ("{\"listn\": \"x\"}", "unknown key listn; did you mean listen?"),
            ("{\"archive\": {\"rot\": \"x\"}}", "unknown key archive.rot; did you mean root?"),
            ("{\"tokens\": [{\"naem\": \"x\"}]}", "unknown key tokens[0].naem; did you mean"),
            ("{\"listen\": 8080}", "listen: expected a text"), ("{\"listen\": \"8080\"}", "no address"),
            ("{\"insecure\": \"yes\"}", "insecure: expected true or false"), ("[]", "not an object"),
            ("{", "is no JSON"), ("{\"log\": \"all\"}", "log: “all”: expected one of failures, requests"),
            ("{\"limits\": {\"idle\": \"60\"}}", "has no unit"),
            ("{\"limits\": {\"idle\": \"500ms\"}}", "whole seconds"),
            ("{\"limits\": {\"streams\": -1}}", "from 0 to"),
            ("{\"tls\": {\"key\": \"k\"}}", "tls.certificate: is missing"),
            ("{\"archive\": {\"root\": \"a\", \"at\": \"03:00\"}}", "say which with tables"),
            ("{\"tables\": {\"directory\": \"t\"}, \"archive\": {\"root\": \"a\"}}", "archive.at: is missing"),
            ("{\"snapshot\": {\"at\": \"3am\"}}", "time of day in UTC"),
            ("{\"snapshot\": {\"at\": \"03:00\", \"on\": \"sunday\"}}", "goes with"),
            ("{\"snapshot\": {\"at\": \"03:00\", \"every\": \"week\"}}", "on which day"),
            ("{\"snapshot\": {\"at\": \"03:00\", \"every\": \"week\", \"on\": \"sonday\"}}", "did you mean"),
            ("{\"tokens\": [{\"name\": \"a\", \"rights\": [\"read\"]}]}", "either token or token_file"),
            ("{\"tokens\": []}", "tokens is empty"),
            (
                "{\"tokens\": [{\"name\": \"a\", \"token\": \"0123456789abcdef\", \"rights\": [\"read\"]}, "
                    + "{\"name\": \"b\", \"token\": \"0123456789abcdef\", \"rights\": [\"admin\"]}]}",
                "the secret of another one"
            ),
            ("{\"tokens\": [{\"name\": \"a\", \"token\": \"short\", \"rights\": [\"read\"]}]}", "no good secret"),
            ("{\"tokens\": [{\"name\": \"a\", \"token\": \"0123456789abcdef\", \"rights\": [\"write\"]}]}", "“write”"),
            ("{\"tokens\": [{\"name\": \"a\", \"token\": \"0123456789abcdef\", \"rights\": []}]}", "expected a list"),
            (
                "{\"tables\": {\"directory\": \"t\"}, \"archive\": {\"root\": \"a\", \"at\": \"03:00\", "
                    + "\"older_than\": \"9d\", \"delete_after\": \"8d\"}}", "before they are moved"
            ),
        ])
    func wrong(text: String, word: String) {
        #expect {
            _ = try configuration(text)
        } throws: { error in
            let message = "\(error)"
            if !message.contains(word) { Issue.record("\(message)") }
            return error is UsageError
        }
    }

    @Test("with secrets in it is for its owner's eyes only")
    func secrets() throws {
        let text = #"{"tokens": [{"name": "a", "token": "0123456789abcdef", "rights": ["read"]}]}"#
        #expect(try configuration(text).tokens.count == 1)
        #expect { _ = try configuration(text, mode: 0o640) } throws: { "\($0)".contains("chmod 600") }
        #expect(throws: Never.self) { try configuration("{}", mode: 0o644) }
        #expect { _ = try ServiceConfiguration(file: place.path + "/nowhere") } throws: {
            "\($0)".contains("nowhere can't be read: No such file")
        }
    }
}
