"""Virtual users' devices, one module per kind of client; all of them keep a journal."""
