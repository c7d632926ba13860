"""Batches of any size: files, tables and catalogs -> a catalog with vectors and redshifts, partition by
partition, so that what is done once is never done again.

    source -> partitions -> objects -> tokens, vectors, redshifts -> one file a partition -> a HATS catalog
"""
