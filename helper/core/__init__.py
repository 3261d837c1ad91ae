"""Plain Python that knows neither Flask nor the database: clock, periods, text, ids, errors."""
