"""Pages for people: rendered here, usable without JavaScript; htmx only keeps what runs do up to date."""
