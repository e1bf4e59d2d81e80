"""Files, tables and downloads, read and written safely, by contract."""
