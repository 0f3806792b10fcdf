"""One turn: prompt and history in, a reply out; intake where there is no model."""
