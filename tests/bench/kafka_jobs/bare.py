"""Our delivery, and nothing computed."""

from __future__ import annotations

import sys

from tests.bench.kafka_jobs.reader import read

if __name__ == "__main__":
    read(int(sys.argv[1]), lambda chunks: None)
