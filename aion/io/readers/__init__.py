"""One module per survey. Importing this registers them; the order below is the order in which they are asked."""

from aion.io.readers import desi, sdss, hsc, legacy_survey, records, tables, generic  # noqa: F401, I001  # the order decides
