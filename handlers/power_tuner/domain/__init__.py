"""Rules and value types: values in, values out."""
