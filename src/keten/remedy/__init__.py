"""The change that resolves findings: grouping and ranking."""
