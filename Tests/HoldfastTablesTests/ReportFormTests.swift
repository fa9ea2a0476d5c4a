import HoldfastTestSupport
import HoldfastText
import Testing

@testable import HoldfastTables

@Suite("A report's days, numbers and forms")
struct ReportFormTests {
    @Test("a time means its whole day, a last midnight the end of the day before, a written day itself")
    func ranges() throws {
        let (day, next) = (ReportDays.day(0), ReportDays.day(1))
        for from in ["2025-11-21", "2025-11-21T00:00:00Z", "2025-11-21T23:59:59Z", "\(day.begin)", "\(day.end - 1)"] {
            #expect(try DayRange(from: from, to: nil) == DayRange(from: day, to: nil), "\(from)")
        }
        for to in ["2025-11-21", "2025-11-22T00:00:00Z", "2025-11-21T00:00:01Z", "\(day.begin + 1)", "\(next.begin)"] {
            #expect(try DayRange(from: "2025-11-21", to: to) == DayRange(from: day, to: day), "\(to)")
        }
        #expect(try DayRange(from: "2025-11-21T02:00:00+03:00", to: nil).from == ReportDays.day(-1))
        #expect(try DayRange(from: "\(day.begin)", to: "\(day.begin)") == DayRange(from: day, to: day))
        #expect(try DayRange(from: "2025-11-22", to: "2025-11-21").isEmpty)
        #expect(try DayRange(from: "-1", to: "0").from == Day(number: -1))
        for wrong in ["yesterday", "2025-02-30", "2025-11-21T10:00:00", ""] {
            #expect(throws: TimeTextError.self) { try DayRange(from: wrong, to: nil) }
        }
    }

    @Test(
        "weeks are those of ISO 8601",
        arguments: [
            ("2024-12-30", "2025-W01"), ("2021-01-03", "2020-W53"), ("1969-12-31", "1970-W01"),
            ("2026-01-01", "2026-W01"), ("2025-11-23", "2025-W47"), ("2025-11-24", "2025-W48"),
        ])
    func weeks(date: String, week: String) throws {
        let day = try #require(try DayRange(from: date, to: nil).from)
        #expect(ReportUnit.week.label(ReportUnit.week.period(of: day)) == week)
    }

    @Test("every day is in the week and the month that begin where they say")
    func units() {
        for number in Int64(-1_000)..<30_000 {
            let day = Day(number: number)
            for unit in [ReportUnit.day, .week, .month] {
                let begin = unit.begin(of: day)
                let agree =
                    begin <= day && unit.period(of: begin) == unit.period(of: day)
                    && unit.period(of: Day(number: begin.number - 1)) == unit.period(of: day) - 1
                #expect(agree, "\(unit) of \(day)")
            }
            #expect(day.description.hasPrefix(ReportUnit.month.label(ReportUnit.month.period(of: day))))
        }
    }

    @Test("ratios are rounded to the nearest decimal, halves away from 0, and never lost in a float")
    func quotients() {
        #expect(Quotient(2, 3)?.text(decimals: 6) == "0.666667")
        #expect(Quotient(1, 2)?.text(decimals: 0) == "1" && Quotient(-1, 2)?.text(decimals: 0) == "-1")
        #expect(Quotient(-1, 3)?.text(decimals: 6) == "-0.333333")
        #expect(Quotient(0, 5)?.text(decimals: 2) == "0.00")
        #expect(Quotient(1, 0) == nil && Quotient(1, -1) == nil)
        let most = Int128(Int64.max) * 1024 * 4096
        #expect(Quotient(most, 1)?.text(decimals: 6) == "\(most).000000")
        #expect(Quotient(most, most)?.text(decimals: 6) == "1.000000")
    }

    private func example() async throws -> TablesReport {
        var days = ReportDays()
        days.credit("p1", 1_000)
        days.debit("p1", 300)
        days.credit("p1", 100, "win")
        days.credit("p2", 100, asset: "JPY")
        return try await days.report()
    }

    @Test("a table has the decimals of each currency, JSON and CSV have minor units")
    func forms() async throws {
        let report = try await example()
        let table = report.lines([.days])
        #expect(
            table == [
                "2025-11-21, a whole day in UTC, from 2 shards that have every event up to 4",
                "",
                "Per day",
                "tenant  asset  day         bets  wins   GGR      RTP  bonuses  fees   NGR  deposits  withdrawals  active  "
                    + "paying  ARPU  ARPPU",
                "evian   BRL    2025-11-21  3.00  1.00  2.00  33.33 %     0.00  0.00  2.00     10.00         0.00       1  "
                    + "     1  2.00   2.00",
                "evian   JPY    2025-11-21     0     0     0        –        0     0     0       100            0       1  "
                    + "     1     0      0",
            ])
        #expect(
            report.csv(.totals).text.text.split(separator: "\r\n").map(String.init) == [
                "tenant,asset,bets,wins,ggr,rtp,bonuses,fees,ngr,deposits,withdrawals,refunds,adjustments,transfers,"
                    + "exchanges,balance_change,active_players,paying_players,arpu,arppu",
                "evian,BRL,300,100,200,0.333333,0,0,200,1000,0,0,0,0,0,800,1,1,200.000000,200.000000",
                "evian,JPY,0,0,0,,0,0,0,100,0,0,0,0,0,100,1,1,0.000000,0.000000",
            ])
        let json = try JSONTree(parsing: Array(report.json().text.utf8))
        #expect(json["from"] == .string("2025-11-21") && json["position"] == .integer(4))
        let day = try #require(json["days"]?.elements?.first)
        #expect(day["day"] == .string("2025-11-21") && day["ggr"] == .integer(200))
        #expect(day["rtp"] == .number("0.333333") && day["active_players"] == .integer(1))
        for section in ReportSection.allCases { #expect(json[section.rawValue]?.elements?.isEmpty == false) }
        #expect(json["churn"]?.elements?.last?["asset"] == .null)
    }

    @Test("amounts have the decimals that the ledger declares, and none where it doesn't say")
    func decimals() async throws {
        let report = try await example()
        #expect(report.exponent(of: "BRL.bonus") == 2 && report.exponent(of: "BTC") == 8)
        #expect(report.exponent(of: "NONE") == 0)
    }

    @Test("what is wrong with the tables is said by name")
    func errors() async throws {
        let work = try TestLedger()
        func failure(_ selection: ReportSelection = .init()) -> String {
            do throws(TablesError) {
                _ = try TablesReport.read(work.tables, selection)
                return "none"
            } catch {
                return "\(error)"
            }
        }
        #expect(failure().contains("tables holds no tables: there is no such directory"))
        try await work.apply(TestLedger.lines(200))
        try work.sync(shards: 3)
        #expect(failure() == "none")
        #expect(failure(.init(tenant: "evain")).contains("tenant evain") && failure(.init(tenant: "evian")) == "none")
        try work.place.copy("tables/shard-01.sqlite", to: "kept")
        try work.place.remove("tables/shard-01.sqlite")
        #expect(failure().contains("shard-01.sqlite is missing"))
        try work.place.copy("kept", to: "tables/shard-01.sqlite")
        try work.shell("PRAGMA user_version = 99", shard: 2)
        #expect(failure().contains("shard-02.sqlite has schema version 99"))
    }

    @Test("a set without events has nothing to report")
    func empty() throws {
        let work = try TestLedger()
        try work.sync(shards: 2)
        let report = try TablesReport.read(work.tables)
        #expect(report.periods.isEmpty && report.firstDay == nil && report.churn.isEmpty)
        #expect(report.lines() == ["There is nothing in the tables for these days."])
        let json = try JSONTree(parsing: Array(report.json().text.utf8))
        #expect(json["from"] == .null && json["days"] == .array([]))
    }

    @Test("events among the dead letters are counted, since they are in none of the figures")
    func deadLetters() async throws {
        let work = try TestLedger()
        var days = ReportDays()
        days.credit("p1", 1_000)
        try await work.apply(days.lines)
        try work.sync(shards: 1)
        #expect(try TablesReport.read(work.tables).deadLetters == 0)
        try work.shell(
            """
            INSERT INTO dead_letters(position, seq, error, attempts, failed_at, lane, address, undone_movement, record)
            VALUES (9, 1, 'x', 3, 0, 0, 0, 0, x'00')
            """)
        #expect(try TablesReport.read(work.tables).deadLetters == 1)
    }
}
