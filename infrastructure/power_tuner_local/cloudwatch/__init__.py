"""CloudWatch's metrics, as far as moto has them otherwise than AWS."""
