"""HTTP/1.1 on a connection, as uvicorn takes it: parsing, limits, hosts, proxies."""
