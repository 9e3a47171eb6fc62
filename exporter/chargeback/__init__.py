"""What exported rows add up to, for people: spend by team, model and pool, budgets, comparisons."""
