"""The service: teams upload, start runs of registered workflows, and download evidence packs.

The pipeline stays the product: a run is a subprocess of `hetero2`, in a sandbox. The database is the truth about runs,
and workers hold leases on them. It imports the package; nothing of the package imports it. Its libraries are the extra
`service`.
"""
