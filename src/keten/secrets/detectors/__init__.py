"""The detectors: data, one module for each area. Each module exports DETECTORS."""
