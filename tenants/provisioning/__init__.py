"""How a tenant comes to be and ceases."""
