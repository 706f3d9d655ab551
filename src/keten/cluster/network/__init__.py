"""Who reaches whom: what network policies of every kind let through."""
