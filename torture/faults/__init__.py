"""The faults, one module each; the catalogue lists them by the names of `--faults`."""
