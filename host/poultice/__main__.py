"""`python -m poultice`: the command line, by whichever interpreter it is installed for."""

import sys

from poultice.cli import main

sys.exit(main())
