"""What a cluster's own rules make of its objects: pod security, rights, reach, paths.

Pure: records of ``model.kube`` in, answers out; no I/O and no clock. Each answer is computed on
demand, never for every pair. Checks, derive, remedy and the commands ask the same engines.
"""
