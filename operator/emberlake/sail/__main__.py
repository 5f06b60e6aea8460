"""`python -m emberlake.sail`."""

import sys

from emberlake.sail.main import main

if __name__ == "__main__":
    sys.exit(main())
