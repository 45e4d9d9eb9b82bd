"""The web application that dialects add their routes to.

`transports/http` reads and writes HTTP on a connection. Here each request passes the edge, is
decoded strictly, and gets an answer or an error in its dialect's format.
"""
