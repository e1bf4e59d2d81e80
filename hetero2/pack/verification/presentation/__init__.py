"""What people read of a pack: copies for spreadsheets, index.md and report.html, against the files that they show."""
