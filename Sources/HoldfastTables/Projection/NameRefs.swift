internal import HoldfastWallet

/// The numbers that players and assets have in a shard's file instead of their names, and the tenants' names.
final class NameRefs {
    private let statements: ShardStatements
    /// Told of a tenant that is new to this shard, before anything of it is committed.
    private let noteTenant: (UnsafeRawBufferPointer, Int64) throws(TablesError) -> Void
    private(set) var tenants: [String] = []
    private var tenantNumbers: [String: Int] = [:]
    private var assets: [AssetName: Int64] = [:]
    private var assetNames: [Int64: AssetName] = [:]
    @exclusivity(unchecked) private var latestAsset: (name: AssetName, ref: Int64)?
    private var nextPlayer: Int64?
    /// Whether every player in the file was met since it was opened: a name that is not in memory is new then.
    var knowsAllPlayers = false

    init(
        _ statements: ShardStatements,
        noteTenant: @escaping (UnsafeRawBufferPointer, Int64) throws(TablesError) -> Void
    ) {
        self.statements = statements
        self.noteTenant = noteTenant
    }

    /// The number of a player, who may be new.
    func player(
        _ id: UnsafeRawBufferPointer, of tenant: UnsafeRawBufferPointer, at time: Int64
    ) throws(TablesError) -> Int64 {
        if !knowsAllPlayers,
            let ref = try statements.findPlayer.bind(1, borrowing: tenant).bind(2, borrowing: id).value()
        {
            return ref
        }
        if nextPlayer == nil { nextPlayer = (try statements.lastPlayer.value() ?? 0) + 1 }
        let ref = nextPlayer!
        nextPlayer = ref + 1
        try statements.addPlayer.bind(1, ref).bind(2, borrowing: tenant).bind(3, borrowing: id).bind(4, time).run()
        return ref
    }

    /// Which of `tenants` it is.
    func tenant(_ name: UnsafeRawBufferPointer, at time: Int64) throws(TablesError) -> Int {
        let text = String(decoding: name, as: UTF8.self)
        if let known = tenantNumbers[text] { return known }
        try noteTenant(name, time)
        tenantNumbers[text] = tenants.count
        tenants.append(text)
        return tenants.count - 1
    }

    @inline(__always)
    func asset(_ name: UnsafeRawBufferPointer) throws(TablesError) -> Int64 {
        let name = AssetName(unchecked: name)!
        if let latestAsset, latestAsset.name == name { return latestAsset.ref }
        return try otherAsset(name)
    }

    @inline(never)
    private func otherAsset(_ name: AssetName) throws(TablesError) -> Int64 {
        var ref = assets[name]
        if ref == nil {
            let text = name.description
            ref = try statements.findAsset.bind(1, text).value()
            if ref == nil { ref = try statements.addAsset.bind(1, text).value() }
            assets[name] = ref
            assetNames[ref!] = name
        }
        latestAsset = (name, ref!)
        return ref!
    }

    func assetName(_ ref: Int64) -> String { assetNames[ref]!.description }

    /// Tenants stay known: their numbers are this object's own.
    func forget() {
        knowsAllPlayers = false
        assets.removeAll()
        assetNames.removeAll()
        latestAsset = nil
        nextPlayer = nil
    }
}
