"""`python -m emberlake.crawler`."""

import sys

from emberlake.crawler.main import main

if __name__ == "__main__":
    sys.exit(main())
