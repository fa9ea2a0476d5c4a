// The ledger as sharded SQLite tables: see docs/SCHEMA.md.
