"""The jars of Apache Kafka: found, or fetched once with Maven as pom.xml says."""

from __future__ import annotations

import fcntl
import re
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
JARS = HERE / "lib"
FETCH_S = 300
OLDEST_JAVA = 17


class NoKafka(Exception):
    """Apache Kafka can't be run here; the text says what is missing."""


def jars() -> Path:
    """Return the folder of jars; they are fetched if need be.

    Raises:
        NoKafka: there is no Java 17, or the jars are not there and can't be fetched.
    """
    _needs_java()
    with (HERE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # test runs side by side fetch once
        if not _complete():
            _fetch()
    return JARS


def _complete() -> bool:
    version = re.search(r"<version>([0-9.]+)</version>\s*</dependency>", (HERE / "pom.xml").read_text())
    return version is not None and (JARS / f"kafka_2.13-{version[1]}.jar").is_file()


def _needs_java() -> None:
    if not shutil.which("java"):
        raise NoKafka("there is no java")
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, timeout=60, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if not version or int(version[1]) < OLDEST_JAVA:
        raise NoKafka(f"java is older than {OLDEST_JAVA}: {said.splitlines()[0] if said else 'it does not start'}")


def _fetch() -> None:
    if not shutil.which("mvn"):
        raise NoKafka(f"there is no mvn to fetch the jars of infra/kafka/pom.xml with, and {JARS} doesn't hold them")
    partial = HERE / "lib.part"
    shutil.rmtree(partial, ignore_errors=True)
    command = [
        "mvn",
        "-q",
        "-B",
        "-f",
        str(HERE / "pom.xml"),
        "dependency:copy-dependencies",
        f"-DoutputDirectory={partial}",
        "-DincludeScope=runtime",
    ]
    try:
        subprocess.run(command, capture_output=True, text=True, timeout=FETCH_S, check=True)
    except subprocess.TimeoutExpired:
        raise NoKafka(f"mvn did not fetch the jars within {FETCH_S} s") from None
    except subprocess.CalledProcessError as error:
        raise NoKafka(f"mvn can't fetch the jars: {(error.stdout or error.stderr).strip()[-400:]}") from None
    shutil.rmtree(JARS, ignore_errors=True)
    partial.rename(JARS)
