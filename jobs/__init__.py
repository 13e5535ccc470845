"""What runs: command line, sources, journal, mart. All input and output is here."""
