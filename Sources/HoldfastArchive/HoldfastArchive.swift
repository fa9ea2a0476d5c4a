// Old rows in partitioned, compressed files with snapshot manifests: see docs/ARCHIVE.md.
