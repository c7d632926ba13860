"""Visual inspection: queues of objects, what people decide of each, files of it, and where they disagree.

Knows no page and no browser; `aion.explorer.redshift.inspection.screens` alone asks a model.
"""
