"""`python -m tests.bench`: measures a fresh service and prints the figures."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from tests.bench.report import table
from tests.bench.run import FULL, QUICK, measure


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="a tenth of it, to see that it works"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="also write the figures to FILE"
    )
    options = parser.parse_args()
    figures = measure(QUICK if options.quick else FULL)
    sys.stdout.write(table(figures) + "\n")
    if options.json:
        options.json.write_text(json.dumps(asdict(figures), indent=2) + "\n")


if __name__ == "__main__":
    main()
