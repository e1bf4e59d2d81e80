"""The interfaces of GA4GH, over what /api/v1 does: WES 1.1.0 asks for runs of a project, DRS 1.2.0 gives its files."""
