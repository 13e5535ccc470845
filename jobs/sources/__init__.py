"""Where touchpoints come from: files of JSON lines, tables and logs of others with a mapping, journals, standard input."""
