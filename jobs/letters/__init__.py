"""Dead letters: what could not be read, looked at, repaired and sent again."""
