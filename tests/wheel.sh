#!/bin/sh
# Builds the wheel, installs it with its dependencies into an environment of its own, and uses it from a folder that is not the repository.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
"$BIN/python" -m pip --disable-pip-version-check wheel --quiet --no-deps --wheel-dir "$place" .
"$BIN/python" -m venv "$place/venv"
"$place/venv/bin/python" -m pip --disable-pip-version-check install --quiet --constraint requirements-dev.lock "$place"/sojourn-*.whl
cd "$place"
venv/bin/sojourn --version
venv/bin/sojourn map show > map.toml
venv/bin/sojourn map check map.toml
venv/bin/sojourn demo --events 5000 --to demo > page.txt
venv/bin/sojourn sql demo "select count(*) as journeys from journeys"
venv/bin/sojourn check demo | tail -n 1
printf 'who,what,moment\n1,order.placed,2025-01-01T10:00:00Z\n' > log.csv
printf 'select who as customer_id, what as type, moment as time, row_number from source\n' > mine.sql
venv/bin/sojourn convert log.csv --mapping mine.sql
