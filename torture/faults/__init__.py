"""What may go wrong, one module each; the catalogue lists them by the names of `--faults`."""
