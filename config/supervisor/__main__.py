"""`python -m config.supervisor`: the whole of Parley in one terminal."""

import sys

from config.supervisor import up

if __name__ == "__main__":
    sys.exit(up.main())
