"""One module per survey. Importing this registers them; they are asked in the order below."""

# the order decides
from aion.io.readers import desi, sdss, hsc, legacy_survey, records, tables, generic  # noqa: F401, I001
