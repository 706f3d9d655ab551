"""How the programs of a cluster are configured: command lines, files, what clouds describe."""
