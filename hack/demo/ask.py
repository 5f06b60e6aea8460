"""Ask the warehouse: `python -m demo.ask SQL`."""

import sys

from demo import pipeline, show
from demo.queries import ask

if __name__ == "__main__":
    with pipeline.sql() as port:
        show.table(ask(port, sys.argv[1]))
