"""Facts at rest, and the View of them."""
