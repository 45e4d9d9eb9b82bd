"""Virtual users' devices, one module for each way of speaking; all of them keep a journal."""
