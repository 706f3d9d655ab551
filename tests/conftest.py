"""What holds for every test: nothing is kept in the user's own cache."""

import os

os.environ["KETEN_CACHE"] = ""
