"""`python -m aquavit` is the command `aquavit`."""

import sys

from aquavit.tools.cli import main

if __name__ == "__main__":
    sys.exit(main())
