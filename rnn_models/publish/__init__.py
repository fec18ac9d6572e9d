"""Publishing to the Hub: cards, models with their code, Spaces."""
