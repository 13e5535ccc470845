"""Delivery, its pure part: which alerts go which way, when, in what words, and what an answer means. Time is an argument (µs since 1970, UTC)."""
