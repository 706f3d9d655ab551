"""Where payments keeps its state."""

DATABASE_URL = "postgresql://payments:Tr0ub4dor-and-3-horses@db.internal.example.com:5432/payments"
PROVIDER = "https://api.payments.example.com/v2"
TIMEOUT_SECONDS = 10
