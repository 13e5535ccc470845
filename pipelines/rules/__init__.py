"""The rules that ship, one ``.sql`` file each. ``README.md`` beside them says what a rule is, what it sees and what it returns."""
