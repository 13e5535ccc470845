"""The journal: immutable Parquet segments and the log of commit records that makes them visible (design §8)."""
