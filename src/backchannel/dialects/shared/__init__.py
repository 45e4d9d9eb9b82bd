"""What all dialects have in common; no word of any one of them."""
