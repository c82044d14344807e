"""Read by every Python whose PYTHONPATH names this folder: move the numbers of all problems by a few last places.

``MECPAPERS_LAST_BIT=SEED`` says so; without it nothing happens. The package knows nothing of this.
"""

import os

if os.environ.get("MECPAPERS_LAST_BIT"):
    import last_bit

    last_bit.install(int(os.environ["MECPAPERS_LAST_BIT"]))
