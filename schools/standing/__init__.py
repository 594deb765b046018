"""Where pupils and schools stand: figures, categories, summaries, forecasts, and how complete the registers are."""
