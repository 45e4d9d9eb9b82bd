"""Who is connected here, and how what happened reaches them."""
