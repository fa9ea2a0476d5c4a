// What an auditor asks of a ledger: see docs/AUDIT.md.
