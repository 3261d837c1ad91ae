"""Demo and scale data; never imported in production."""
