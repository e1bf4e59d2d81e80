"""Files in the forms that people have, recognised and written in those of the contracts."""
