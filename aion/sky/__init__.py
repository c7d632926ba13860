"""The sky by coordinates: a position, a name or an id -> files from public archives, and objects of these.

Nothing is asked before `resolve` or `gather` is called; every answer is a file that `aion.io.read` reads::

    from aion.sky.archive import Archive
    from aion.sky.gather import gather
    from aion.sky.resolve import resolve
    from aion.sky.services import Services

    archive = Archive(Services())
    finding = gather(resolve("10:00:24.5 +02:12:21", archive), archive)
    objects = aion.read([file.open() for file in finding.files()])
"""
