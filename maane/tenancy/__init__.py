"""Which business, which role: the guard, businesses, impersonation, audit."""
