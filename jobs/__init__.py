"""What runs: command line, sources, journal, mart. All input and output is here."""

import os

# Our linear algebra is tiny: threads of BLAS would cost more than they save. This must stand before numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
