"""What is printed: words for numbers, tables, and the pages of each command."""
