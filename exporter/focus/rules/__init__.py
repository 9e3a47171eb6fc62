"""The rules of FOCUS for rows of usage: what is written and what anybody else wrote."""
