"""Evidence packs: manifest, checksums, archive, verification."""
