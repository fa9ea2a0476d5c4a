internal import HoldfastText

extension ServiceConfiguration {
    /// Reads a configuration file. Every key is optional; one that is not known is refused.
    package init(file: String) throws {
        let text = try SecretFile.text(file, mustBePrivate: false)
        let tree: JSONTree
        do throws(JSONError) {
            tree = try JSONTree(parsing: Array(text.utf8))
        } catch {
            throw UsageError("\(file) is no JSON: \(error)")
        }
        let root = try ConfigurationSection(
            tree, "", in: file,
            known: [
                "listen", "insecure", "tls", "tokens", "log", "limits", "tables", "archive", "backup", "snapshot",
            ])
        if let address = try root.textIfGiven("listen") { listen = try ListenAddress(address) }
        isOpenToAll = try root.flag("insecure")
        if let detail = try root.choice("log", as: ServiceLog.Detail.self) { log = detail }
        if let section = try root.section("tls", known: ["certificate", "key"]) {
            tls = TLSFiles(certificate: try section.text("certificate"), key: try section.text("key"))
        }
        try readTokens(root, file)
        try readLimits(root)
        try readJobs(root, file)
    }

    private mutating func readTokens(_ root: ConfigurationSection, _ file: String) throws {
        var secrets: Set<String> = []
        for section in try root.sections("tokens", known: ["name", "token", "token_file", "rights"]) {
            let name = try section.text("name")
            guard !tokens.contains(where: { $0.name == name }) else {
                throw UsageError("\(file): two tokens have the name \(name)")
            }
            guard section.isGiven("token") != section.isGiven("token_file") else {
                throw UsageError("\(file): the token \(name) wants either token or token_file")
            }
            var secret: Substring
            if let path = try section.textIfGiven("token_file") {
                secret = try SecretFile.text(path, mustBePrivate: true)[...]
                while secret.last?.isNewline == true { secret.removeLast() }
            } else {
                secret = try section.text("token")[...]
                _ = try SecretFile.text(file, mustBePrivate: true)
            }
            guard secret.utf8.count >= Self.tokenBytesMin, secret.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
                throw UsageError(
                    "\(file): the token \(name) is no good secret: \(Self.tokenBytesMin) characters at least, without "
                        + "spaces (`openssl rand -hex 32` makes one)")
            }
            guard secrets.insert(String(secret)).inserted else {
                throw UsageError("\(file): the token \(name) has the secret of another one")
            }
            tokens.append(
                AccessToken(
                    name: name, secret: String(secret), rights: Set(try section.choices("rights", as: Right.self))))
        }
        if root.isGiven("tokens"), tokens.isEmpty {
            throw UsageError(
                "\(file): tokens is empty, which would let everybody do everything; leave it out to mean that")
        }
    }

    /// What nobody guesses.
    private static let tokenBytesMin = 16

    private mutating func readLimits(_ root: ConfigurationSection) throws(UsageError) {
        guard
            let section = try root.section(
                "limits",
                known: [
                    "connections", "idle", "body_bytes", "bodies_bytes", "commands_per_request", "commands_in_flight",
                    "streams", "stop",
                ])
        else { return }
        let many = 1...Int(Int32.max)
        if let number = try section.integer("connections", 1...1_000_000) { limits.server.connectionsMax = number }
        if let seconds = try section.seconds("idle") { limits.server.idleSeconds = seconds }
        if let number = try section.integer("body_bytes", many) { limits.server.bodyBytesMax = number }
        if let number = try section.integer("bodies_bytes", 1...Int.max) { limits.server.bodiesBytesMax = number }
        if let number = try section.integer("commands_per_request", many) { limits.commandsPerRequest = number }
        if let number = try section.integer("commands_in_flight", many) { limits.commandsInFlight = number }
        if let number = try section.integer("streams", 0...100_000) { limits.streams = number }
        if let seconds = try section.seconds("stop") { limits.stopSeconds = seconds }
    }

    private mutating func readJobs(_ root: ConfigurationSection, _ file: String) throws(UsageError) {
        if let section = try root.section("tables", known: ["directory", "shards"]) {
            tables = TablesPlan(
                directory: try section.text("directory"), shards: try section.integer("shards", 1...1024))
        }
        if let section = try root.section(
            "archive", known: ["root", "at", "every", "on", "older_than", "delete_after", "database"])
        {
            guard tables != nil else {
                throw UsageError("\(file): archive moves rows out of tables; say which with tables")
            }
            var plan = ArchivePlan(root: try section.text("root"), schedule: try section.schedule())
            if let age = try section.duration("older_than") { plan.olderThan = age }
            if let age = try section.duration("delete_after") { plan.deleteAfter = age }
            plan.database = try section.textIfGiven("database")
            guard plan.deleteAfter >= plan.olderThan else {
                throw UsageError(
                    "\(file): archive.delete_after comes before older_than: rows can't be deleted before they are moved"
                )
            }
            archive = plan
        }
        if let section = try root.section("backup", known: ["target", "at", "every", "on", "keep"]) {
            backup = BackupPlan(
                target: try section.text("target"), schedule: try section.schedule(), keep: try section.duration("keep")
            )
        }
        if let section = try root.section("snapshot", known: ["at", "every", "on"]) {
            snapshot = try section.schedule()
        }
    }
}
