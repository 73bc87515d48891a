"""The gateway: the HTTP server, and what each request asks for."""
