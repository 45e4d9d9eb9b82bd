"""How processes tell each other what happened: one room per bus."""
