"""A campaign of measurements: its library, its ledger of measurements, and its rounds, as files in one folder."""
