"""What holds for every test: nothing is kept in the user's own cache, and nothing is timed."""

import os

from hypothesis import settings

os.environ["KETEN_CACHE"] = ""
settings.register_profile("keten", deadline=None)  # an example may take as long as it takes
settings.load_profile("keten")
