"""Admission: policy written out for the API server, and webhooks that can lock it."""
