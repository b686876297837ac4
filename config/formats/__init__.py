"""How each language writes days and times; `tenants.formats` reads them."""
