"""The gateway: the HTTP server, and the reading and routing of requests."""
