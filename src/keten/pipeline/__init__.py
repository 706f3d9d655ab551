"""The whole flow: collect, read, derive, judge, decide."""
