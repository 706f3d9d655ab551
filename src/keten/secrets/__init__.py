"""The detectors (data) and the one matching engine."""
