"""The mart: a private live DuckDB file that the journal's commits are folded into, and the read-only snapshots that analysts open."""
